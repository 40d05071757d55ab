//! `attach`

use std::sync::Arc;

use palan_docker_api::client::{Client, Request, Response};
use palan_docker_api::container::{ContainerInspect, ContainerWaitResponse};

use super::attachment::{
    check_terminal, detach_keys, end_with, send_attach, terminal_of, wait_request,
};
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::stream::{Attached, End, SignalPlan, Streams, set_first_size, watch};
use crate::cli::terminal;

flags! {
    /// Flags of `attach`.
    pub struct AttachFlags {
        detach_keys: String, "detach-keys",
            "Override the key sequence for detaching a container";
        no_stdin: bool, "no-stdin", "Do not attach STDIN";
        sig_proxy: bool = true, "sig-proxy", "Proxy all received signals to the process",
            .default("true");
    }
}

/// `attach`
pub struct Attach;

impl Verb for Attach {
    type Flags = AttachFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container attach", "attach"],
        ..Synopsis::new(
            "attach",
            "[OPTIONS] CONTAINER",
            "Attach local standard input, output, and error streams to a running container",
            Arity::Exactly(1),
        )
    };

    fn run(session: &Session, flags: AttachFlags, operands: &[String]) -> Outcome {
        let client = session.client()?;
        let container = inspect_running(client, &operands[0])?;
        let id = container.id.as_str();
        check_terminal(!flags.no_stdin, container.config.tty)?;
        let streams = Streams {
            stdin: !flags.no_stdin && container.config.open_stdin,
            stdout: true,
            stderr: true,
            tty: container.config.tty,
        };
        let waiting = client.send(wait_request(id, ""))?;
        let connection = send_attach(client, id, streams, &flags.detach_keys)?.hijack()?;
        // It may have ended between the question and the attachment, which would then never end.
        inspect_running(client, id)?;
        let forward = flags.sig_proxy && !streams.tty;
        watch_signals(client, id, streams, forward)?;
        let keys = detach_keys(session, &flags.detach_keys);
        match Attached::begin(connection, streams, keys)?.finish()? {
            End::Detached => Err(Failure::new("read escape sequence")),
            End::Finished => end(waiting.response()?),
        }
    }
}

fn watch_signals(client: &Arc<Client>, id: &str, streams: Streams, forward: bool) -> Outcome {
    let resize = terminal_of(id, streams);
    let plan = SignalPlan {
        forward_to: forward.then(|| id.to_owned()),
        resize: resize.clone(),
        raw: streams.stdin && streams.tty,
    };
    watch(client, plan)?;
    if let Some(target) = resize {
        redraw(client, id);
        set_first_size(client, target)?;
    }
    Ok(())
}

fn end(exit: Response<'_>) -> Outcome {
    let status: ContainerWaitResponse = exit.json()?;
    match status.error.flatten() {
        Some(error) => Err(Failure::new(error.message)),
        None => end_with(status.status_code),
    }
}

/// A container that can be attached to.
fn inspect_running(client: &Client, name: &str) -> Outcome<ContainerInspect> {
    let request = Request::get(&["containers", name, "json"]);
    let container: ContainerInspect = client.call(request)?.json()?;
    let state = &container.state;
    let refusal = if !state.running {
        "You cannot attach to a stopped container, start it first"
    } else if state.paused {
        "You cannot attach to a paused container, unpause it first"
    } else if state.restarting {
        "You cannot attach to a restarting container, wait until it is running"
    } else {
        return Ok(container);
    };
    Err(Failure::new(refusal))
}

/// A program redraws itself when its terminal changes: give it another size first.
fn redraw(client: &Client, id: &str) {
    if let Some((rows, columns)) = terminal::size(rustix::stdio::stdout()) {
        let request = Request::post(&["containers", id, "resize"])
            .query("h", &rows.saturating_add(1).to_string())
            .query("w", &columns.saturating_add(1).to_string());
        // The right size follows; this one only helps.
        let _ = client.call(request);
    }
}
