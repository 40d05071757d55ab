//! `start`

use palan_docker_api::client::Request;
use palan_docker_api::container::ContainerInspect;

use super::run::{detach_keys, end_with, exit_code, send_attach, start, wait_request};
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::stream::{Attached, End, ResizeTarget, SignalPlan, Streams, set_first_size, watch};
use crate::cli::terminal;

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
    let id = container.id.as_str();
    let streams = Streams {
        stdin: flags.interactive && container.config.open_stdin,
        stdout: true,
        stderr: true,
        tty: container.config.tty,
    };
    let keys = detach_keys(session, &flags.detach_keys);
    let removes_itself = container.host_config.auto_remove;
    let condition = if removes_itself {
        "removed"
    } else {
        "next-exit"
    };
    let attaching = send_attach(client, id, streams, &flags.detach_keys)?;
    let waiting = client.send(wait_request(id, condition))?;
    let connection = attaching.hijack()?;
    let exit = waiting.response()?;
    let shows_terminal = streams.tty && terminal::stdout_is_terminal();
    let resize = shows_terminal.then(|| ResizeTarget::Container(id.to_owned()));
    let plan = SignalPlan {
        forward_to: (!streams.tty).then(|| id.to_owned()),
        resize: resize.clone(),
        raw: streams.stdin && streams.tty,
    };
    watch(client, plan)?;
    let attached = Attached::begin(connection, streams, keys)?;
    if let Err(failure) = start(client, id) {
        drop(attached);
        if removes_itself {
            // Its name must be free when this program ends.
            let _ = exit_code(exit);
        }
        return Err(failure);
    }
    if let Some(target) = resize {
        set_first_size(client, target)?;
    }
    match attached.finish()? {
        End::Detached => Ok(()),
        End::Finished => end_with(exit_code(exit)?),
    }
}
