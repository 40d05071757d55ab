//! `exec`

use palan_docker_api::client::{Hijacked, Request};
use palan_docker_api::container::ContainerInspect;
use palan_docker_api::exec::{ExecCreateRequest, ExecInspect, ExecStartRequest};
use serde::Deserialize;

use super::attachment::{check_terminal, detach_keys, end_with};
use crate::cli::args::{Arity, Category, Grammar, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::spec::key_value::{self, Variables};
use crate::cli::stream::{Attached, End, ResizeTarget, SignalPlan, Streams, set_first_size, watch};
use crate::cli::terminal;

flags! {
    /// Flags of `exec`.
    pub struct ExecFlags {
        detach: bool, "detach", "Detached mode: run command in the background", .short('d');
        detach_keys: String, "detach-keys",
            "Override the key sequence for detaching a container";
        env: Variables, "env", "Set environment variables", .short('e');
        env_file: Vec<String>, "env-file", "Read in a file of environment variables";
        interactive: bool, "interactive", "Keep STDIN open even if not attached", .short('i');
        privileged: bool, "privileged", "Give extended privileges to the command";
        tty: bool, "tty", "Allocate a pseudo-TTY", .short('t');
        user: String, "user", "Username or UID (format: \"<name|uid>[:<group|gid>]\")",
            .short('u');
        workdir: String, "workdir", "Working directory inside the container", .short('w');
    }
}

/// `exec`
pub struct Exec;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    id: String,
}

impl Verb for Exec {
    type Flags = ExecFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container exec", "exec"],
        grammar: Grammar::StopAtPositional,
        category: Category::Common(2),
        ..Synopsis::new(
            "exec",
            "[OPTIONS] CONTAINER COMMAND [ARG...]",
            "Execute a command in a running container",
            Arity::AtLeast(2),
        )
    };

    fn run(session: &Session, flags: ExecFlags, operands: &[String]) -> Outcome {
        let container = operands[0].as_str();
        let request = plan(session, &flags, &operands[1..])?;
        let client = session.client()?;
        if let Err(refused) = check_terminal(request.attach_stdin, request.tty) {
            // That the container does not exist matters more.
            let inspect = Request::get(&["containers", container, "json"]);
            let _: ContainerInspect = client.call(inspect)?.json()?;
            return Err(refused);
        }
        let call = Request::post(&["containers", container, "exec"]).json(&request);
        let created: Created = serde_json::from_slice(&client.call(call)?.bytes()?)?;
        let start = Request::post(&["exec", &created.id, "start"]).json(&ExecStartRequest {
            detach: flags.detach,
            tty: flags.tty,
            console_size: request.console_size,
        });
        if flags.detach {
            client.call(start)?;
            return Ok(());
        }
        let connection = client.send(start.upgrade())?.hijack()?;
        follow(session, &flags, &created.id, connection)
    }
}

/// Shows the output of a started exec, and ends with its exit code.
fn follow(session: &Session, flags: &ExecFlags, id: &str, connection: Hijacked) -> Outcome {
    let client = session.client()?;
    let streams = Streams {
        stdin: flags.interactive,
        stdout: true,
        stderr: true,
        tty: flags.tty,
    };
    let shows_terminal = streams.tty && terminal::stdin_is_terminal();
    let resize = shows_terminal.then(|| ResizeTarget::Exec(id.to_owned()));
    let plan = SignalPlan {
        forward_to: None,
        resize: resize.clone(),
        raw: streams.stdin && streams.tty,
    };
    watch(client, plan)?;
    let keys = detach_keys(session, &flags.detach_keys);
    let attached = Attached::begin(connection, streams, keys)?;
    if let Some(target) = resize {
        set_first_size(client, target)?;
    }
    if attached.finish()? == End::Detached {
        return Err(Failure::new("read escape sequence"));
    }
    let inspect = Request::get(&["exec", id, "json"]);
    let ended: ExecInspect = client.call(inspect)?.json()?;
    end_with(ended.exit_code.unwrap_or(0))
}

fn plan(session: &Session, flags: &ExecFlags, command: &[String]) -> Outcome<ExecCreateRequest> {
    let env = key_value::read_all(&flags.env_file, &flags.env.0, key_value::from_environment)
        .map_err(Failure::new)?;
    let size = flags.tty.then(|| terminal::size(rustix::stdio::stdout()));
    let console_size = size.map(|size| size.map_or([0, 0], |(rows, columns)| [rows, columns]));
    let keys = if flags.detach_keys.is_empty() {
        &session.config().detach_keys
    } else {
        &flags.detach_keys
    };
    Ok(ExecCreateRequest {
        user: flags.user.clone(),
        privileged: flags.privileged,
        tty: flags.tty,
        console_size,
        attach_stdin: !flags.detach && flags.interactive,
        attach_stderr: !flags.detach,
        attach_stdout: !flags.detach,
        detach: flags.detach,
        detach_keys: keys.clone(),
        env: (!env.is_empty()).then_some(env),
        working_dir: flags.workdir.clone(),
        cmd: Some(command.to_vec()),
    })
}
