//! From `exec` of the runner to the running container: the only part where time matters.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use palan_container::Container;
use palan_logs::LogWriter;
use palan_model::run::Namespace;
use palan_model::runner::{
    AttachSpec, Envelope, ExitStatus, Failure, Message, RUN_FILE, Reply, Request,
};
use palan_model::{ErrorKind, RunSpec, Timestamp};
use rustix::stdio as standard;

use crate::control::{Control, Received, Wait};
use crate::poll::{Poll, Token, Watched};
use crate::process::Process;
use crate::requests::{failed, start_failure};
use crate::runner::Runner;
use crate::{exit_file, stdio};

/// Exit code of a container whose start failed for a reason of the host.
const START_FAILED: i32 = 125;

/// The sockets that the engine gave to the runner.
struct Sockets {
    control: OwnedFd,
    listener: OwnedFd,
}

/// Waits for the start request and runs the container to its end. Returns at once when the engine
/// goes away without having asked for a start.
pub fn run(run_dir: PathBuf) -> std::io::Result<()> {
    let sockets = leave_engine()?;
    let control = Control::new(0, sockets.control);
    let Received::Request(envelope, fds) = control.receive(Wait::Forever) else {
        return Ok(());
    };
    let Envelope { seq, request } = *envelope;
    let listener = Watched::new(sockets.listener, Token::Listener);
    match start(&run_dir, request, fds) {
        Ok((mut runner, pid)) => {
            let at = runner.started_at;
            runner.listener = Some(listener);
            if control.send(&Message::Reply {
                seq,
                reply: Reply::Started { pid, at },
            }) {
                runner.controls.push(control);
            }
            runner.run();
        }
        Err(failure) => {
            let status = not_started(failure.clone());
            // An engine that hears the answer does not need the file.
            let _ = exit_file::write(&run_dir, &status);
            let _ = control.send(&Message::Reply {
                seq,
                reply: Reply::Failed(failure),
            });
        }
    }
    Ok(())
}

/// Becomes independent of the engine: own session, no signals, nothing of its files in use.
fn leave_engine() -> std::io::Result<Sockets> {
    palan_linux::signals::block_all()?;
    // Fails when the engine made the runner a group leader, which is as good.
    let _ = rustix::process::setsid();
    rustix::process::chdir("/")?;
    rustix::thread::set_name(c"palan-runner")?;
    // The standard streams are open for as long as the process lives.
    let sockets = Sockets {
        control: std::io::stdin().as_fd().try_clone_to_owned()?,
        listener: std::io::stdout().as_fd().try_clone_to_owned()?,
    };
    // The standard error is /dev/null.
    standard::dup2_stdin(std::io::stderr())?;
    standard::dup2_stdout(std::io::stderr())?;
    Ok(sockets)
}

/// Starts the container. Returns the runner and the PID of the first process.
fn start(run_dir: &Path, request: Request, fds: Vec<OwnedFd>) -> Result<(Runner, u32), Failure> {
    let Request::Start { netns, attach } = request else {
        return Err(invalid("first request is not a start"));
    };
    let mut fds = fds.into_iter();
    let netns = if netns { fds.next() } else { None };
    let spec = read_spec(run_dir)?;
    let open = AttachSpec {
        stdin: spec.open_stdin,
        stdout: true,
        stderr: true,
    };
    let made = stdio::make(spec.process.tty, open).map_err(failed("make streams"))?;
    let (stdio, mut ends) = made;
    ends.closes_input = spec.stdin_once;
    ends.log = spec
        .log
        .as_ref()
        .map(LogWriter::open)
        .transpose()
        .map_err(failed("start logging"))?;
    let poll = Poll::new().map_err(failed("make an epoll instance"))?;

    let netns = netns.as_ref().map(AsFd::as_fd);
    let (container, mut first) = Container::start(&spec, netns, stdio).map_err(start_failure)?;
    let started_at = Timestamp::now();
    let pid = first.pid;
    if let Some(console) = first.console.take() {
        let added = stdio::add_console(&mut ends, console, spec.open_stdin);
        added.map_err(failed("take the terminal"))?;
    }
    let mut process = Process::new(0, None, first, ends).map_err(failed("take the streams"))?;
    for (wants, socket) in attach.into_iter().zip(fds) {
        process.streams.attach(wants, socket);
    }
    let runner = Runner {
        poll,
        run_dir: run_dir.to_owned(),
        container: Some(container),
        processes: vec![process],
        started_at,
        shares_pids: spec.namespaces.pid != Namespace::New,
        paused: false,
        ended: Vec::new(),
        listener: None,
        controls: Vec::new(),
        behind: Vec::new(),
        next_number: 0,
    };
    Ok((runner, pid))
}

/// Reads `run.json`.
pub fn read_spec(run_dir: &Path) -> Result<RunSpec, Failure> {
    let path = run_dir.join(RUN_FILE);
    let text = fs::read(&path).map_err(failed("read run.json"))?;
    serde_json::from_slice(&text).map_err(failed("read run.json"))
}

fn invalid(message: &str) -> Failure {
    Failure {
        kind: ErrorKind::InvalidParameter,
        exit_code: None,
        message: message.to_owned(),
    }
}

fn not_started(failure: Failure) -> ExitStatus {
    ExitStatus {
        code: failure.exit_code.unwrap_or(START_FAILED),
        oom_killed: false,
        started_at: None,
        finished_at: Timestamp::now(),
        execs: Vec::new(),
        failure: Some(failure),
    }
}
