//! `start`

use palan_docker_api::client::Request;
use palan_docker_api::container::ContainerInspect;

use super::attachment::{Attachment, start};
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::stream::Streams;

flags! {
    /// Flags of `start`.
    pub struct StartFlags {
        attach: bool, "attach", "Attach STDOUT/STDERR and forward signals", .short('a');
        detach_keys: String, "detach-keys",
            "Override the key sequence for detaching a container";
        interactive: bool, "interactive", "Attach container's STDIN", .short('i');
    }
}

/// `start`
pub struct Start;

impl Verb for Start {
    type Flags = StartFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container start", "start"],
        ..Synopsis::new(
            "start",
            "[OPTIONS] CONTAINER [CONTAINER...]",
            "Start one or more stopped containers",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: StartFlags, names: &[String]) -> Outcome {
        if !flags.attach && !flags.interactive {
            return start_all(session, names);
        }
        match names {
            [name] => start_attached(session, &flags, name),
            _ => Err(Failure::new(
                "you cannot start and attach multiple containers at once",
            )),
        }
    }
}

fn start_all(session: &Session, names: &[String]) -> Outcome {
    let client = session.client()?;
    let mut failed = Vec::new();
    for name in names {
        match start(client, name) {
            Ok(()) => session.print_line(name)?,
            Err(failure) => {
                session.remark(&failure.text);
                failed.push(name.as_str());
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let text = format!("Error: failed to start containers: {}", failed.join(", "));
    Err(Failure::new(text))
}

fn start_attached(session: &Session, flags: &StartFlags, name: &str) -> Outcome {
    let client = session.client()?;
    let inspect = Request::get(&["containers", name, "json"]);
    let container: ContainerInspect = client.call(inspect)?.json()?;
    let tty = container.config.tty;
    let attachment = Attachment {
        id: &container.id,
        streams: Streams {
            stdin: flags.interactive && container.config.open_stdin,
            stdout: true,
            stderr: true,
            tty,
        },
        forward_signals: !tty,
        removes_itself: container.host_config.auto_remove,
        detach_keys: &flags.detach_keys,
    };
    let following = attachment.begin(session)?;
    match start(client, &container.id) {
        Ok(()) => following.follow(),
        Err(failure) => {
            following.abandon();
            Err(failure)
        }
    }
}
