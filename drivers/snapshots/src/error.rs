//! What can go wrong with directories of containers and volumes.

use std::io;
use std::path::{Path, PathBuf};

use palan_model::ErrorKind;

/// A failure of a directory on the host.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum SnapshotsError {
    #[error("failed to {action} {}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("container file name {0:?} is not a plain name")]
    FileName(String),
    #[error("container has no layers")]
    NoLayers,
    #[error("a worker of the snapshot store ended unexpectedly")]
    Worker,
}

impl SnapshotsError {
    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { .. } | Self::Worker => ErrorKind::System,
            Self::FileName(_) | Self::NoLayers => ErrorKind::InvalidParameter,
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

impl From<SnapshotsError> for palan_contracts::Error {
    fn from(error: SnapshotsError) -> Self {
        Self::new(error.kind(), error)
    }
}
