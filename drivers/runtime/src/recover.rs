//! Finding out what became of a run, from its run directory alone.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use palan_linux::seqpacket;
use palan_model::runner::{ExitStatus, Reply, Request, RunnerStatus};
use tokio::process::Command;
use tokio::time::timeout;

use crate::connection::{Called, Connection};
use crate::error::RuntimeError;
use crate::run_dir::RunDir;

/// A runner answers in microseconds, except while it starts its container.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was found.
pub(crate) enum Found {
    /// A runner that answers.
    Running {
        connection: Connection,
        status: RunnerStatus,
    },
    /// It ended.
    Exited(ExitStatus),
    /// No runner, no record.
    Gone,
}

/// Asks the runner, or reads what it left.
pub(crate) async fn find(dir: &RunDir) -> Result<Found, RuntimeError> {
    let asked = match seqpacket::connect(&dir.socket()) {
        Ok(socket) => {
            let connection = Connection::new(socket)?;
            timeout(PATIENCE, ask(connection))
                .await
                .map_err(|_| RuntimeError::Silent)?
        }
        Err(error) if is_nobody(&error) => Ok(None),
        Err(error) => Err(RuntimeError::file("connect to", &dir.socket(), error)),
    };
    if let Some(found) = asked? {
        return Ok(found);
    }
    // The record is written before the socket is closed, so it is there now if it ever will be.
    Ok(dir.exit_status()?.map_or(Found::Gone, Found::Exited))
}

fn is_nobody(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    )
}

/// None when the runner ended instead of answering.
async fn ask(connection: Connection) -> Result<Option<Found>, RuntimeError> {
    match connection.call(Request::Status, &[]).await {
        Ok(Called::Reply(Reply::Status(status))) => Ok(Some(Found::Running { connection, status })),
        Ok(Called::Exited(status)) => {
            // The connection ends when the runner has torn everything down.
            while let Ok(Some(_)) = connection.receive().await {}
            Ok(Some(Found::Exited(status)))
        }
        Ok(Called::Reply(_)) => Err(RuntimeError::Confused),
        Err(RuntimeError::RunnerLost | RuntimeError::Connection(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Has the runner's program kill and remove what a runner that was killed left behind. Idempotent.
pub(crate) async fn reap(program: &Path, dir: &RunDir) -> Result<(), RuntimeError> {
    if !dir.is_complete() {
        return Ok(());
    }
    let output = Command::new(program)
        .arg("--reap")
        .arg(dir.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .await
        .map_err(|e| RuntimeError::file("run", program, e))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(RuntimeError::Reap(text.trim_end().to_owned()))
}
