//! Failures of the state database and their classes.

use std::path::PathBuf;

use palan_contracts::Error;
use palan_model::ErrorKind;
use rusqlite::ErrorCode;

/// Why the state cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum StateError {
    #[error("data root {root} is in use by another engine{holder}")]
    InUse {
        root: PathBuf,
        /// ` (process 42)`, or empty when it is not known.
        holder: String,
    },
    #[error("cannot {action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot {action} state database {path}")]
    Database {
        action: &'static str,
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error(
        "state database {path} has format {found}, this version knows formats up to {known}: \
         start a newer version of palan, or give another data root"
    )]
    NewerFormat {
        path: PathBuf,
        found: i32,
        known: i32,
    },
    #[error("{path} is not a state database of palan")]
    Foreign { path: PathBuf },
    #[error("state database {path} is closed")]
    Closed { path: PathBuf },
}

impl StateError {
    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InUse { .. } => ErrorKind::Conflict,
            Self::NewerFormat { .. } => ErrorKind::NotImplemented,
            Self::Foreign { .. } => ErrorKind::DataLoss,
            Self::Database { source, .. } => match source.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ErrorKind::DataLoss,
                _ => ErrorKind::System,
            },
            Self::File { .. } | Self::Closed { .. } => ErrorKind::System,
        }
    }
}

impl From<StateError> for Error {
    fn from(error: StateError) -> Self {
        Self::new(error.kind(), error)
    }
}
