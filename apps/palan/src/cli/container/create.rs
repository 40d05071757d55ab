//! `create`: makes a container; pulls its image when it is missing. `run` begins with it.

use std::path::{Path, PathBuf};

use palan_docker_api::ApiVersion;
use palan_docker_api::client::Request;
use palan_docker_api::container::{ContainerCreateRequest, ContainerCreateResponse};
use palan_model::Reference;

use super::options::{ContainerFlags, CreateFlags};
use super::plan::plan_request;
use crate::cli::args::{Arity, Grammar, Synopsis, Verb};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::image::pull_for_container;
use crate::cli::session::Session;
use crate::cli::spec::key_value::reason;
use crate::cli::terminal;

/// `create`
pub struct Create;

impl Verb for Create {
    type Flags = (CreateFlags, ContainerFlags);

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container create", "create"],
        grammar: Grammar::StopAtPositional,
        ..Synopsis::new(
            "create",
            "[OPTIONS] IMAGE [COMMAND] [ARG...]",
            "Create a new container",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: Self::Flags, operands: &[String]) -> Outcome {
        let (how, what) = flags;
        check_pull(session, &how.pull, "create")?;
        let request = request(session, &what, operands)
            .map_err(|why| with_help(session, "create", &why).with_code(125))?;
        let id = create(session, &how, request)?;
        session.print_line(&id)
    }
}

/// The request that flags and operands add up to.
///
/// # Errors
/// When they are not valid together.
pub fn request(
    session: &Session,
    flags: &ContainerFlags,
    operands: &[String],
) -> Result<ContainerCreateRequest, String> {
    let (image, arguments) = operands.split_first().ok_or("no image")?;
    let mut request = plan_request(flags, image, arguments)?;
    add_proxies(session, &mut request);
    Ok(request)
}

/// Proxy variables of the user's configuration, unless the user set them.
fn add_proxies(session: &Session, request: &mut ContainerCreateRequest) {
    let proxies = &session.config().proxies;
    let Some(proxy) = proxies.get("default") else {
        return;
    };
    let env = request.config.env.get_or_insert_default();
    for (name, value) in proxy.variables() {
        if !env.iter().any(|pair| pair.split('=').next() == Some(&name)) {
            env.push(format!("{name}={value}"));
        }
    }
}

/// `--pull` has three values.
///
/// # Errors
/// When it has none of them.
pub fn check_pull(session: &Session, pull: &str, command: &str) -> Outcome {
    if matches!(pull, "always" | "missing" | "never" | "") {
        return Ok(());
    }
    let why = format!(
        "invalid pull option: '{pull}': must be one of \"always\", \"missing\" or \"never\""
    );
    Err(with_help(session, command, &why).with_code(125))
}

/// A failure with the program's name before it and a hint after it.
pub fn with_help(session: &Session, command: &str, why: &str) -> Failure {
    let program = session.program();
    Failure::new(format!(
        "{program}: {why}\n\nRun '{program} {command} --help' for more information"
    ))
}

/// Creates the container; pulls its image first when that is wanted or needed. Returns its
/// identifier.
///
/// # Errors
/// When the engine refuses, or the image cannot be pulled.
pub fn create(
    session: &Session,
    how: &CreateFlags,
    mut request: ContainerCreateRequest,
) -> Outcome<String> {
    let host = request.host_config.get_or_insert_default();
    let id_file = IdFile::open(&host.container_id_file)?;
    let size = terminal::size(rustix::stdio::stdout());
    host.console_size = size.map_or([0, 0], |(rows, columns)| [rows, columns]);
    let image = request.config.image.clone();
    let reference = parse_image(&image)?;
    if how.pull == "always" {
        pull_for_container(session, &image, how)?;
    }
    let response = match post(session, how, &request) {
        Err(failure) if failure.not_found && matches!(how.pull.as_str(), "missing" | "") => {
            let Some(reference) = reference else {
                return Err(failure);
            };
            if !how.quiet {
                let name = reference.with_default_tag().familiar();
                session.remark(&format!("Unable to find image '{name}' locally"));
            }
            pull_for_container(session, &image, how)?;
            post(session, how, &request)?
        }
        outcome => outcome?,
    };
    for warning in response.warnings.iter().chain(&local_dns_warning(&request)) {
        session.remark(&format!("WARNING: {warning}"));
    }
    id_file.write(&response.id)?;
    Ok(response.id)
}

fn post(
    session: &Session,
    how: &CreateFlags,
    request: &ContainerCreateRequest,
) -> Outcome<ContainerCreateResponse> {
    let mut request = request.clone();
    adapt(&mut request, session.client()?.version()?);
    let call = Request::post(&["containers", "create"])
        .query_some("name", &how.name)
        .query_some("platform", &how.platform)
        .json(&request);
    Ok(session.client()?.call(call)?.json()?)
}

/// Leaves out what an engine of this version has no field for any more.
fn adapt(request: &mut ContainerCreateRequest, version: ApiVersion) {
    if version >= ApiVersion::v1(44) {
        // The endpoint has it.
        request.config.mac_address.clear();
    }
    if version >= ApiVersion::v1(42)
        && let Some(host) = &mut request.host_config
    {
        host.kernel_memory = None;
    }
}

/// The reference, or none for an identifier.
fn parse_image(image: &str) -> Outcome<Option<Reference>> {
    let is_id = image.len() == 64 && image.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id || image.starts_with("sha256:") {
        return Ok(None);
    }
    let reference = image.parse::<Reference>();
    reference
        .map(Some)
        .map_err(|error| Failure::new(error.to_string()))
}

fn local_dns_warning(request: &ContainerCreateRequest) -> Option<String> {
    let servers = request.host_config.as_ref()?.dns.as_ref()?;
    let local = servers.iter().find(|server| {
        server
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    })?;
    Some(format!("Localhost DNS ({local}) may fail in containers."))
}

/// The file of `--cidfile`: made before the container, removed again when there is none.
struct IdFile {
    path: Option<PathBuf>,
}

impl IdFile {
    fn open(path: &str) -> Outcome<Self> {
        if path.is_empty() {
            return Ok(Self { path: None });
        }
        let created = std::fs::File::create_new(path);
        match created {
            Ok(_) => Ok(Self {
                path: Some(PathBuf::from(path)),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(Failure::new(format!(
                    "container ID file found, make sure the other container isn't running or \
                     delete {path}"
                )))
            }
            Err(error) => Err(Failure::new(format!(
                "failed to create the container ID file: open {path}: {}",
                reason(&error)
            ))),
        }
    }

    fn write(mut self, id: &str) -> Outcome {
        let Some(path) = self.path.take() else {
            return Ok(());
        };
        write_id(&path, id)
    }
}

fn write_id(path: &Path, id: &str) -> Outcome {
    std::fs::write(path, id).map_err(|error| {
        Failure::new(format!(
            "failed to write the container ID to the file: {}",
            reason(&error)
        ))
    })
}

impl Drop for IdFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Nothing was created: the empty file would only mislead.
            let _ = std::fs::remove_file(path);
        }
    }
}
