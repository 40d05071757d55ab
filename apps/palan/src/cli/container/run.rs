//! `run`: create, attach, wait, start.
//!
//! ```text
//! connection 1: create ---------------------> id ... start ----------> 204
//! connection 2:                attach -> 101 ............ output ......... end
//! connection 3:                wait ---> head (registered) .............. exit code
//! ```
//!
//! Attach and wait are sent together; start only after both were answered, so that neither a byte
//! of output nor the exit is missed.

use palan_docker_api::client::{Client, Pending, Request, Response};
use palan_docker_api::container::{ContainerConfig, ContainerWaitResponse};

use super::create::{check_pull, create, request, with_help};
use super::options::{ContainerFlags, CreateFlags};
use crate::cli::args::{Arity, Category, Grammar, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::stream::{
    Attached, DetachKeys, End, ResizeTarget, SignalPlan, Streams, set_first_size, watch,
};
use crate::cli::terminal;

flags! {
    /// What `run` adds to the flags of `create`.
    pub struct RunFlags {
        detach: bool, "detach", "Run container in background and print container ID", .short('d');
        sig_proxy: bool = true, "sig-proxy", "Proxy received signals to the process",
            .default("true");
        detach_keys: String, "detach-keys",
            "Override the key sequence for detaching a container";
    }
}

/// `run`
pub struct Run;

impl Verb for Run {
    type Flags = (RunFlags, (CreateFlags, ContainerFlags));

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container run", "run"],
        grammar: Grammar::StopAtPositional,
        category: Category::Common(1),
        ..Synopsis::new(
            "run",
            "[OPTIONS] IMAGE [COMMAND] [ARG...]",
            "Create and run a new container from an image",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: Self::Flags, operands: &[String]) -> Outcome {
        let (flags, (how, what)) = flags;
        check_pull(session, &how.pull, "run")?;
        let mut request = request(session, &what, operands)
            .map_err(|why| with_help(session, "run", &why).with_code(125))?;
        if flags.detach {
            detach(&mut request.config, &what)?;
        } else {
            check_terminal(request.config.attach_stdin, request.config.tty)?;
        }
        let config = request.config.clone();
        let id = create(session, &how, request).map_err(|failure| of_start(session, failure))?;
        if config.attach_stdin || config.attach_stdout || config.attach_stderr {
            run_attached(session, &flags, &config, &id, what.rm)
        } else {
            session.print_line(&id)?;
            start(session.client()?, &id).map_err(|failure| of_start(session, failure))
        }
    }
}

/// Nothing is attached.
fn detach(config: &mut ContainerConfig, what: &ContainerFlags) -> Outcome {
    if !what.attach.0.is_empty() {
        return Err(Failure::new(
            "conflicting options: cannot specify both --attach and --detach",
        ));
    }
    config.attach_stdin = false;
    config.attach_stdout = false;
    config.attach_stderr = false;
    config.stdin_once = false;
    Ok(())
}

/// A container's terminal needs one of ours when its input is attached.
///
/// # Errors
/// When the standard input is none.
pub fn check_terminal(attach_stdin: bool, tty: bool) -> Outcome {
    if attach_stdin && tty && !terminal::stdin_is_terminal() {
        return Err(Failure::new("the input device is not a TTY"));
    }
    Ok(())
}

fn run_attached(
    session: &Session,
    flags: &RunFlags,
    config: &ContainerConfig,
    id: &str,
    removes_itself: bool,
) -> Outcome {
    let client = session.client()?;
    let streams = Streams {
        stdin: config.attach_stdin,
        stdout: config.attach_stdout,
        stderr: config.attach_stderr,
        tty: config.tty,
    };
    let keys = detach_keys(session, &flags.detach_keys);
    let attaching = send_attach(client, id, streams, &flags.detach_keys)?;
    let condition = if removes_itself {
        "removed"
    } else {
        "next-exit"
    };
    let waiting = client.send(wait_request(id, condition))?;
    let connection = attaching.hijack()?;
    let exit = waiting.response()?;
    let shows_terminal = config.tty && terminal::stdout_is_terminal();
    let resize = shows_terminal.then(|| ResizeTarget::Container(id.to_owned()));
    let plan = SignalPlan {
        forward_to: flags.sig_proxy.then(|| id.to_owned()),
        resize: resize.clone(),
        raw: streams.stdin && streams.tty,
    };
    watch(client, plan)?;
    let attached = Attached::begin(connection, streams, keys)?;
    if let Err(failure) = start(client, id) {
        drop(attached);
        if removes_itself {
            // The engine removes it; its name must be free when this program ends.
            let _ = exit_code(exit);
        }
        return Err(of_start(session, failure));
    }
    if let Some(target) = resize {
        set_first_size(client, target)?;
    }
    match attached.finish()? {
        End::Detached => Ok(()),
        End::Finished => end_with(exit_code(exit)?),
    }
}

/// Sends the request to attach; the answer is a raw connection.
///
/// # Errors
/// When nothing answers.
pub fn send_attach<'c>(
    client: &'c Client,
    id: &str,
    streams: Streams,
    detach_keys: &str,
) -> Outcome<Pending<'c>> {
    let request = Request::post(&["containers", id, "attach"])
        .query("stream", "1")
        .query_if("stdin", streams.stdin)
        .query_if("stdout", streams.stdout)
        .query_if("stderr", streams.stderr)
        .query_some("detachKeys", detach_keys)
        .upgrade();
    Ok(client.send(request)?)
}

/// The request that is answered when the container ends.
pub fn wait_request(id: &str, condition: &str) -> Request<'static> {
    Request::post(&["containers", id, "wait"]).query_some("condition", condition)
}

/// Starts a container.
///
/// # Errors
/// When the engine refuses.
pub fn start(client: &Client, id: &str) -> Outcome {
    client.call(Request::post(&["containers", id, "start"]))?;
    Ok(())
}

/// Waits for the exit code.
///
/// # Errors
/// When the engine could not tell it.
pub fn exit_code(exit: Response<'_>) -> Outcome<i64> {
    let status: ContainerWaitResponse = exit.json()?;
    match status.error.flatten() {
        Some(error) => {
            let text = format!("Error waiting for container: {}", error.message);
            Err(Failure::new(text).with_code(125))
        }
        None => Ok(status.status_code),
    }
}

/// Ends the program with a container's exit code.
///
/// # Errors
/// When it is not 0.
pub fn end_with(code: i64) -> Outcome {
    match i32::try_from(code).unwrap_or(125) {
        0 => Ok(()),
        code => Err(Failure::silent(code)),
    }
}

/// The keys of a flag, else of the configuration, else the default ones.
pub fn detach_keys(session: &Session, flag: &str) -> DetachKeys {
    let text = if flag.is_empty() {
        session.config().detach_keys.as_str()
    } else {
        flag
    };
    DetachKeys::parse(text).unwrap_or_else(|error| {
        session.remark(&format!("{error}, using default"));
        DetachKeys::default()
    })
}

/// The failure of a start: 127 when the program was not found, 126 when it cannot be executed,
/// else 125, told apart by the engine's text as Docker's own command line does.
fn of_start(session: &Session, failure: Failure) -> Failure {
    let has = |parts: &[&str]| parts.iter().any(|part| failure.text.contains(part));
    let code = if has(&["executable file not found", "no such file or directory"]) {
        127
    } else if has(&["permission denied", "is a directory"]) {
        126
    } else {
        125
    };
    with_help(session, "run", &failure.text).with_code(code)
}
