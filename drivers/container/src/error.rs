//! What can go wrong, with Docker's exit codes and the wording of Docker and runc.

use std::io;

use palan_model::ErrorKind;

/// A container or process that did not start. Nothing of it is left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StartError {
    /// 127 when a file was not found, 126 when it may not be used, else 125 or 128.
    pub exit_code: i32,
    /// Class.
    pub kind: ErrorKind,
    /// Text for the user.
    pub message: String,
}

/// A running container that could not be changed, asked or removed.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// A file of a cgroup.
    #[error("cgroup file {path}: {source}")]
    Cgroup {
        /// The file or directory.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// Processes that do not go away.
    #[error("processes in cgroup {path} did not end or freeze in time")]
    Stuck {
        /// The directory.
        path: String,
    },
}

impl StartError {
    /// A refusal whose text is all there is to say.
    pub(crate) fn refused(exit_code: i32, kind: ErrorKind, message: String) -> Self {
        Self {
            exit_code,
            kind,
            message,
        }
    }

    /// A failed step. The exit code follows from the kernel's error as in Docker.
    pub(crate) fn step(what: &str, error: &io::Error) -> Self {
        let (exit_code, kind) = match error
            .raw_os_error()
            .map(rustix::io::Errno::from_raw_os_error)
        {
            Some(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {
                (127, ErrorKind::InvalidParameter)
            }
            Some(rustix::io::Errno::ACCESS | rustix::io::Errno::ISDIR) => {
                (126, ErrorKind::InvalidParameter)
            }
            _ => (128, ErrorKind::System),
        };
        Self::refused(exit_code, kind, format!("{what}: {}", text(error)))
    }
}

/// Names the step that an error belongs to.
pub(crate) trait During<T> {
    fn during(self, what: impl FnOnce() -> String) -> Result<T, StartError>;
}

impl<T, E: Into<io::Error>> During<T> for Result<T, E> {
    fn during(self, what: impl FnOnce() -> String) -> Result<T, StartError> {
        self.map_err(|error| StartError::step(&what(), &error.into()))
    }
}

/// The kernel's error as Go programs write it: `no such file or directory`.
pub(crate) fn text(error: &io::Error) -> String {
    let full = error.to_string();
    let words = full.split(" (os error").next().unwrap_or_default();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_the_kernels_error() {
        let step = |errno| StartError::step("chdir", &io::Error::from_raw_os_error(errno));
        assert_eq!(step(2).message, "chdir: no such file or directory");
        assert_eq!((step(2).exit_code, step(13).exit_code), (127, 126));
        assert_eq!((step(1).exit_code, step(1).kind), (128, ErrorKind::System));
    }
}
