//! What can go wrong with a log file.

use std::io;
use std::path::{Path, PathBuf};

/// An operation on a log file that failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} log file {}: {source}", path.display())]
pub struct LogError {
    operation: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl LogError {
    pub(crate) fn new(operation: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            operation,
            path: path.to_owned(),
            source,
        }
    }
}
