//! `run`: create, attach, start, follow. With `--detach` only create and start.

use palan_docker_api::container::ContainerConfig;

use super::attachment::{Attachment, check_terminal, start};
use super::create::{check_pull, create, request, with_help};
use super::options::{ContainerFlags, CreateFlags};
use crate::cli::args::{Arity, Category, Grammar, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::stream::Streams;

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

fn run_attached(
    session: &Session,
    flags: &RunFlags,
    config: &ContainerConfig,
    id: &str,
    removes_itself: bool,
) -> Outcome {
    let attachment = Attachment {
        id,
        streams: Streams {
            stdin: config.attach_stdin,
            stdout: config.attach_stdout,
            stderr: config.attach_stderr,
            tty: config.tty,
        },
        forward_signals: flags.sig_proxy,
        removes_itself,
        detach_keys: &flags.detach_keys,
    };
    let following = attachment.begin(session)?;
    match start(session.client()?, id) {
        Ok(()) => following.follow(),
        Err(failure) => {
            following.abandon();
            Err(of_start(session, failure))
        }
    }
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
