//! `info`

use palan_docker_api::client::Request;
use palan_docker_api::system::SystemInfo;

use super::INSPECT_FORMAT_HELP;
use crate::cli::args::{Arity, Category, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{Document, Template, binary_size};
use crate::cli::session::Session;

flags! {
    /// Flags of `info`.
    pub struct InfoFlags {
        format: String, "format", INSPECT_FORMAT_HELP, .short('f');
    }
}

/// `info`
pub struct Info;

impl Verb for Info {
    type Flags = InfoFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["system info", "info"],
        category: Category::Common(12),
        ..Synopsis::new(
            "info",
            "[OPTIONS]",
            "Display system-wide information",
            Arity::None,
        )
    };

    fn run(session: &Session, flags: InfoFlags, _operands: &[String]) -> Outcome {
        let format = match flags.format.as_str() {
            "json" => "{{json .}}",
            format => format,
        };
        if format.is_empty() {
            session.print(&client_text(session))?;
        }
        let bytes = session.client()?.call(Request::get(&["info"]))?.bytes()?;
        let document: Document = serde_json::from_slice(&bytes)?;
        if format.is_empty() {
            let info: SystemInfo = palan_docker_api::go_json::from_slice(&bytes)
                .map_err(|error| Failure::new(error.to_string()))?;
            session.print(&server_text(&info))?;
            for warning in info.warnings.iter().flatten() {
                session.remark(warning);
            }
            return Ok(());
        }
        let failed = |error: crate::cli::format::TemplateFailure| Failure::new(error.to_string());
        let template = Template::parse(format).map_err(|error| failed(error).with_code(64))?;
        session.print_line(&template.execute(&document).map_err(failed)?)
    }
}

fn client_text(session: &Session) -> String {
    format!(
        "Client: Palan\n Version:    {}\n Context:    {}\n Debug Mode: {}\n\n",
        env!("CARGO_PKG_VERSION"),
        session.context().as_str(),
        session.is_debug(),
    )
}

/// Lines of `label: value`; empty values are left out where Docker leaves them out.
struct Page(String);

impl Page {
    fn line(&mut self, label: &str, value: &str) {
        self.0.push_str(&format!("{label} {value}\n"));
    }

    fn some(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            self.line(label, value);
        }
    }
}

fn server_text(info: &SystemInfo) -> String {
    let mut page = Page("Server:\n".to_owned());
    page.line(" Containers:", &info.containers.to_string());
    page.line("  Running:", &info.containers_running.to_string());
    page.line("  Paused:", &info.containers_paused.to_string());
    page.line("  Stopped:", &info.containers_stopped.to_string());
    page.line(" Images:", &info.images.to_string());
    page.some(" Server Version:", &info.server_version);
    page.some(" Storage Driver:", &info.driver);
    for [label, value] in info.driver_status.iter().flatten() {
        page.line(&format!("  {label}:"), value);
    }
    page.some(" Logging Driver:", &info.logging_driver);
    page.some(" Cgroup Driver:", &info.cgroup_driver);
    page.some(" Cgroup Version:", &info.cgroup_version);
    plugins(&mut page, info);
    page.line(" Swarm:", &info.swarm.local_node_state);
    runtimes(&mut page, info);
    host(&mut page, info);
    registries(&mut page, info);
    page.line(
        " Live Restore Enabled:",
        &info.live_restore_enabled.to_string(),
    );
    page.0.push('\n');
    page.0
}

fn plugins(page: &mut Page, info: &SystemInfo) {
    let join = |list: &Option<Vec<String>>| list.as_deref().unwrap_or_default().join(" ");
    page.0.push_str(" Plugins:\n");
    page.line("  Volume:", &join(&info.plugins.volume));
    page.line("  Network:", &join(&info.plugins.network));
    page.some("  Authorization:", &join(&info.plugins.authorization));
    page.line("  Log:", &join(&info.plugins.log));
    if let Some(directories) = info.cdi_spec_dirs.as_ref().filter(|list| !list.is_empty()) {
        page.0.push_str(" CDI spec directories:\n");
        for directory in directories {
            page.0.push_str(&format!("  {directory}\n"));
        }
    }
}

fn runtimes(page: &mut Page, info: &SystemInfo) {
    if !info.runtimes.is_empty() {
        let names: Vec<&str> = info.runtimes.keys().map(String::as_str).collect();
        page.line(" Runtimes:", &names.join(" "));
        page.line(" Default Runtime:", &info.default_runtime);
    }
    if info.os_type != "linux" {
        return;
    }
    page.line(" Init Binary:", &info.init_binary);
    page.line(" containerd version:", &info.containerd_commit.id);
    page.line(" runc version:", &info.runc_commit.id);
    page.line(" init version:", &info.init_commit.id);
    if !info.security_options.is_empty() {
        page.0.push_str(" Security Options:\n");
    }
    for option in &info.security_options {
        security_option(page, option);
    }
}

/// `name=seccomp,profile=default`
fn security_option(page: &mut Page, option: &str) {
    let pairs: Vec<(&str, &str)> = option
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let name = pairs
        .iter()
        .find(|(key, _)| *key == "name")
        .map_or(option, |(_, name)| name);
    page.0.push_str(&format!("  {name}\n"));
    for (_, profile) in pairs.iter().filter(|(key, _)| *key == "profile") {
        page.line("   Profile:", profile);
    }
}

fn host(page: &mut Page, info: &SystemInfo) {
    page.some(" Kernel Version:", &info.kernel_version);
    page.some(" Operating System:", &info.operating_system);
    page.some(" OSType:", &info.os_type);
    page.some(" Architecture:", &info.architecture);
    page.line(" CPUs:", &info.n_cpu.to_string());
    #[allow(clippy::cast_precision_loss)]
    page.line(" Total Memory:", &binary_size(info.mem_total as f64));
    page.some(" Name:", &info.name);
    page.some(" ID:", &info.id);
    page.line(" Docker Root Dir:", &info.docker_root_dir);
    page.line(" Debug Mode:", &info.debug.to_string());
    if info.debug {
        page.line("  File Descriptors:", &info.n_fd.to_string());
        page.line("  Goroutines:", &info.n_goroutines.to_string());
        page.line("  System Time:", &info.system_time);
        page.line("  EventsListeners:", &info.n_events_listener.to_string());
    }
    page.some(" HTTP Proxy:", &info.http_proxy);
    page.some(" HTTPS Proxy:", &info.https_proxy);
    page.some(" No Proxy:", &info.no_proxy);
    if !info.labels.is_empty() {
        page.0.push_str(" Labels:\n");
        for label in &info.labels {
            page.0.push_str(&format!("  {label}\n"));
        }
    }
    page.line(" Experimental:", &info.experimental_build.to_string());
}

fn registries(page: &mut Page, info: &SystemInfo) {
    let Some(registries) = &info.registry_config else {
        return;
    };
    let insecure = registries
        .index_configs
        .values()
        .filter(|index| !index.secure);
    if !registries.insecure_registry_cidrs.is_empty() || !registries.index_configs.is_empty() {
        page.0.push_str(" Insecure Registries:\n");
        for name in insecure
            .map(|index| &index.name)
            .chain(&registries.insecure_registry_cidrs)
        {
            page.0.push_str(&format!("  {name}\n"));
        }
    }
    let mirrors = registries.mirrors.as_deref().unwrap_or_default();
    if !mirrors.is_empty() {
        page.0.push_str(" Registry Mirrors:\n");
        for mirror in mirrors {
            page.0.push_str(&format!("  {mirror}\n"));
        }
    }
}
