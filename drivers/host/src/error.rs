//! What can go wrong when looking at the host.

use std::io;
use std::path::PathBuf;

use palan_model::ErrorKind;

/// A failed look.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum HostError {
    #[error("error while looking at {path}")]
    Look { path: PathBuf, source: io::Error },
    #[error("error while creating mount source path '{path}'")]
    Create { path: PathBuf, source: io::Error },
    #[error("error gathering device information while adding custom device \"{path}\"")]
    NoDevice { path: PathBuf, source: io::Error },
    #[error(
        "error gathering device information while adding custom device \"{path}\": not a device node"
    )]
    NotADevice { path: PathBuf },
}

impl From<HostError> for palan_contracts::Error {
    fn from(error: HostError) -> Self {
        let kind = match &error {
            HostError::Look { .. } | HostError::Create { .. } => ErrorKind::System,
            HostError::NoDevice { .. } | HostError::NotADevice { .. } => {
                ErrorKind::InvalidParameter
            }
        };
        Self::new(kind, error)
    }
}
