//! `pull`, and the pull that `run` and `create` make when an image is missing.

use palan_docker_api::client::{Request, Response};
use palan_model::Reference;

use super::credentials;
use crate::cli::args::{Arity, Category, Synopsis, Verb, flags};
use crate::cli::container::CreateFlags;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::stream::{Display, show, standard_error, standard_output};
use crate::cli::terminal;

flags! {
    /// Flags of `pull`.
    pub struct PullFlags {
        all_tags: bool, "all-tags", "Download all tagged images in the repository", .short('a');
        disable_content_trust: bool = true, "disable-content-trust", "Skip image verification",
            .default("true");
        platform: String, "platform", "Set platform if server is multi-platform capable";
        quiet: bool, "quiet", "Suppress verbose output", .short('q');
    }
}

/// `pull`
pub struct Pull;

impl Verb for Pull {
    type Flags = PullFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["image pull", "pull"],
        category: Category::Common(5),
        ..Synopsis::new(
            "pull",
            "[OPTIONS] NAME[:TAG|@DIGEST]",
            "Download an image from a registry",
            Arity::Exactly(1),
        )
    };

    fn run(session: &Session, flags: PullFlags, operands: &[String]) -> Outcome {
        let mut image = parse(&operands[0])?;
        let is_bare = image.tag().is_none() && image.digest().is_none();
        if flags.all_tags && !is_bare {
            return Err(Failure::new("tag can't be used with --all-tags/-a"));
        }
        if !flags.all_tags && is_bare {
            image = image.with_default_tag();
            if !flags.quiet {
                session.print_line("Using default tag: latest")?;
            }
        }
        let response = request(session, &image, &flags.platform)?;
        if flags.quiet {
            show(
                response,
                Display {
                    output: &mut std::io::sink(),
                    columns: None,
                },
            )?;
        } else {
            let columns = terminal::stdout_is_terminal().then(columns);
            show(
                response,
                Display {
                    output: &mut standard_output(),
                    columns,
                },
            )?;
        }
        session.print_line(&image.to_string())
    }
}

/// Pulls the image of a container that is about to be created. Progress goes to the standard
/// error: the standard output is the container's.
///
/// # Errors
/// When the engine cannot pull it.
pub fn pull_for_container(session: &Session, image: &str, how: &CreateFlags) -> Outcome {
    let image = parse(image)?.with_default_tag();
    let response = request(session, &image, &how.platform)?;
    if how.quiet {
        return show(
            response,
            Display {
                output: &mut std::io::sink(),
                columns: None,
            },
        );
    }
    let columns = terminal::stderr_is_terminal().then(columns);
    show(
        response,
        Display {
            output: &mut standard_error(),
            columns,
        },
    )
}

fn parse(image: &str) -> Outcome<Reference> {
    image
        .parse()
        .map_err(|error| Failure::new(format!("{error}")))
}

fn columns() -> usize {
    terminal::width().unwrap_or(80)
}

fn request<'s>(session: &'s Session, image: &Reference, platform: &str) -> Outcome<Response<'s>> {
    let tag = match (image.digest(), image.tag()) {
        (Some(digest), _) => digest.to_string(),
        (None, tag) => tag.unwrap_or_default().to_owned(),
    };
    let mut request = Request::post(&["images", "create"])
        .query("fromImage", &image.familiar_name())
        .query_some("tag", &tag)
        .query_some("platform", platform);
    if let Some(value) = credentials::header(session.config(), image) {
        request = request.header("X-Registry-Auth", value);
    }
    Ok(session.client()?.call(request)?)
}
