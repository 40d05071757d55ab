//! What can go wrong between the engine and a runner.

use std::io;
use std::path::{Path, PathBuf};

use palan_contracts::Error;
use palan_model::ErrorKind;
use palan_model::runner::Failure;

/// A failure of this driver.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// A file of the run directory, or the runner's program.
    #[error("{operation} {}: {source}", path.display())]
    File {
        /// What was tried.
        operation: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A file of the run directory does not hold what it should.
    #[error("damaged file {}: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The connection to the runner failed.
    #[error("talk to the runner: {0}")]
    Connection(#[source] io::Error),
    /// The request is longer than a message may be.
    #[error("request of {0} bytes is too long")]
    TooLong(usize),
    /// More clients than descriptors fit into one message.
    #[error("too many attached clients: {0}")]
    TooManyClients(usize),
    /// The runner ended without an answer.
    #[error("runner ended unexpectedly")]
    RunnerLost,
    /// The runner does not answer.
    #[error("runner does not answer")]
    Silent,
    /// The runner's answer does not fit the request.
    #[error("unexpected answer of the runner")]
    Confused,
    /// No such run.
    #[error("container is not running")]
    NotRunning,
    /// The run has not ended.
    #[error("container is running")]
    StillRunning,
    /// What was asked did not work, in the runner's words.
    #[error("{}", .0.message)]
    Failed(Failure),
    /// The runner could not remove what a run left behind.
    #[error("remove what the container left behind: {0}")]
    Reap(String),
}

/// Exit code of a container whose start failed for a reason of the host, as in Docker.
const START_FAILED: i32 = 125;

impl RuntimeError {
    pub(crate) fn file(operation: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            operation,
            path: path.to_owned(),
            source,
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::TooLong(_) | Self::TooManyClients(_) => ErrorKind::InvalidParameter,
            Self::NotRunning | Self::StillRunning => ErrorKind::Conflict,
            Self::Damaged { .. } => ErrorKind::DataLoss,
            Self::Silent => ErrorKind::Unavailable,
            Self::Failed(failure) => failure.kind,
            Self::File { .. }
            | Self::Connection(_)
            | Self::RunnerLost
            | Self::Confused
            | Self::Reap(_) => ErrorKind::System,
        }
    }

    /// The error of a start, which always has an exit code.
    pub(crate) fn of_start(self) -> Error {
        let error = Error::from(self);
        match error.exit_code() {
            Some(_) => error,
            None => error.with_exit_code(START_FAILED),
        }
    }
}

impl From<RuntimeError> for Error {
    fn from(error: RuntimeError) -> Self {
        let kind = error.kind();
        let code = match &error {
            RuntimeError::Failed(failure) => failure.exit_code,
            _ => None,
        };
        let error = Self::new(kind, error);
        match code {
            Some(code) => error.with_exit_code(code),
            None => error,
        }
    }
}
