//! Starting a container: a run directory, a runner, the start request.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;

use palan_contracts::AttachStream;
use palan_linux::seqpacket;
use palan_model::runner::{AttachSpec, MAX_FDS, Reply, Request};
use palan_model::{RunSpec, Timestamp};
use tokio::process::{Child, Command};

use crate::connection::{Called, Connection};
use crate::error::RuntimeError;
use crate::recover;
use crate::run::{Run, Source};
use crate::run_dir::RunDir;

/// Engines that can wait for a runner to accept them.
const BACKLOG: i32 = 16;

/// What joins a start: the network namespace and the clients.
pub(crate) struct Company {
    pub(crate) netns: Option<OwnedFd>,
    pub(crate) attach: Vec<AttachSpec>,
}

/// Starts a container. On failure nothing of it is left.
pub(crate) async fn start(
    program: &Path,
    dir: RunDir,
    spec: &RunSpec,
    company: Company,
) -> Result<(Run, Vec<AttachStream>), RuntimeError> {
    let clients = company.attach.len();
    if clients + usize::from(company.netns.is_some()) > MAX_FDS {
        return Err(RuntimeError::TooManyClients(clients));
    }
    let result = match dir.create(spec) {
        Ok(()) => start_in(program, &dir, company).await,
        Err(error) => Err(error),
    };
    if result.is_err() {
        dir.remove()?;
    }
    result
}

async fn start_in(
    program: &Path,
    dir: &RunDir,
    company: Company,
) -> Result<(Run, Vec<AttachStream>), RuntimeError> {
    let request = Request::Start {
        netns: company.netns.is_some(),
        attach: company.attach.clone(),
    };
    let mut fds: Vec<OwnedFd> = company.netns.into_iter().collect();
    let mut streams = Vec::new();
    for _ in &company.attach {
        let (stream, runners) = attach_pair()?;
        streams.push(stream);
        fds.push(runners);
    }
    let (connection, mut child) = spawn(program, dir)?;
    match connection.call(request, &fds).await {
        Ok(Called::Reply(Reply::Started { pid, at })) => {
            let run = watch(connection, child, dir, (program, pid, at));
            Ok((run, streams))
        }
        Ok(Called::Reply(Reply::Failed(failure))) => {
            reaped(&mut child).await;
            Err(RuntimeError::Failed(failure))
        }
        Ok(_) => lost(program, dir, child, RuntimeError::Confused).await,
        Err(error) => lost(program, dir, child, error).await,
    }
}

fn watch(
    connection: Connection,
    child: Child,
    dir: &RunDir,
    (program, pid, at): (&Path, u32, Timestamp),
) -> Run {
    let source = Source {
        connection,
        child: Some(child),
        dir: dir.clone(),
        program: program.to_owned(),
    };
    Run::watch(source, pid, at, &[])
}

/// The runner did not answer as it should: it is ended, and what it began is undone.
async fn lost<T>(
    program: &Path,
    dir: &RunDir,
    mut child: Child,
    error: RuntimeError,
) -> Result<T, RuntimeError> {
    // It may have ended by itself.
    let _ = child.start_kill();
    reaped(&mut child).await;
    recover::reap(program, dir).await?;
    Err(error)
}

async fn reaped(child: &mut Child) {
    if let Err(error) = child.wait().await {
        tracing::warn!(%error, "cannot reap a runner");
    }
}

/// Spawns a runner. Its sockets exist before it does, so that it can be found from its first moment on.
fn spawn(program: &Path, dir: &RunDir) -> Result<(Connection, Child), RuntimeError> {
    let listener = seqpacket::listen(&dir.socket(), BACKLOG)
        .map_err(|e| RuntimeError::file("listen at", &dir.socket(), e))?;
    let (ours, runners) = seqpacket::pair().map_err(RuntimeError::Connection)?;
    let child = Command::new(program)
        .arg(dir.path())
        .env_clear()
        .stdin(Stdio::from(runners))
        .stdout(Stdio::from(listener))
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| RuntimeError::file("run", program, e))?;
    Ok((Connection::new(ours)?, child))
}

/// A client's stream and the runner's end of it.
pub(crate) fn attach_pair() -> Result<(AttachStream, OwnedFd), RuntimeError> {
    let make = || {
        let (ours, runners) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        Ok((AttachStream::from_std(ours)?, runners.into()))
    };
    make().map_err(RuntimeError::Connection)
}
