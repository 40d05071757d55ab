//! `port`

use palan_docker_api::client::Request;
use palan_docker_api::container::ContainerInspect;

use crate::cli::args::{Arity, NoFlags, Synopsis, Verb};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{join_host_port, natural_order};
use crate::cli::session::Session;

/// `port`
pub struct Port;

impl Verb for Port {
    type Flags = NoFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container port", "port"],
        ..Synopsis::new(
            "port",
            "CONTAINER [PRIVATE_PORT[/PROTO]]",
            "List port mappings or a specific mapping for the container",
            Arity::Between(1, 2),
        )
    };

    fn run(session: &Session, _flags: NoFlags, operands: &[String]) -> Outcome {
        let name = &operands[0];
        let request = Request::get(&["containers", name, "json"]);
        let container: ContainerInspect = session.client()?.call(request)?.json()?;
        let wanted = operands.get(1).map(|text| wanted_port(text)).transpose()?;
        let mut lines = Vec::new();
        for (port, bindings) in &container.network_settings.ports {
            for binding in bindings.iter().flatten() {
                let host = join_host_port(&binding.host_ip, &binding.host_port);
                match &wanted {
                    None => lines.push(format!("{port} -> {host}")),
                    Some(wanted) if wanted == port => lines.push(host),
                    Some(_) => {}
                }
            }
        }
        if wanted.is_some() && lines.is_empty() {
            let port = &operands[1];
            return Err(Failure::new(format!(
                "Error: No public port '{port}' published for {name}"
            )));
        }
        lines.sort_by(|left, right| natural_order(left, right));
        lines.iter().try_for_each(|line| session.print_line(line))
    }
}

/// `80` or `80/udp` as the API writes it.
fn wanted_port(text: &str) -> Outcome<String> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, ""));
    let protocol = if protocol.is_empty() { "tcp" } else { protocol };
    match number.parse::<u16>() {
        Ok(_) => Ok(format!("{number}/{protocol}")),
        Err(_) => Err(Failure::new(format!(
            "Error: invalid port ({number}): strconv.ParseUint: parsing {number:?}: invalid syntax"
        ))),
    }
}
