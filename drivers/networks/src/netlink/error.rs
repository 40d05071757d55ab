//! What can go wrong between a request and its answer.

use rustix::io::Errno;

/// A failed request.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// The kernel said no.
    #[error("{}{}", explain(*errno), detail.as_deref().map(|d| format!(" ({d})")).unwrap_or_default())]
    Refused {
        /// Its reason.
        errno: Errno,
        /// Its reason in words, if it gave any.
        detail: Option<String>,
    },
    /// The socket itself failed.
    #[error("netlink socket: {}", explain(*.0))]
    Socket(Errno),
    /// The kernel's answer got lost: its queue was full.
    #[error("netlink socket: no answer from the kernel")]
    Silent,
}

impl NetlinkError {
    /// The kernel's error number, when it gave one.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Refused { errno, .. } => Some(*errno),
            Self::Socket(_) | Self::Silent => None,
        }
    }

    /// Whether the kernel refused for this reason.
    #[must_use]
    pub fn is(&self, errno: Errno) -> bool {
        self.errno() == Some(errno)
    }
}

impl From<Errno> for NetlinkError {
    fn from(errno: Errno) -> Self {
        Self::Socket(errno)
    }
}

/// The system's words for an error number, in lower case and without the number.
#[must_use]
pub fn explain(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
}

/// Turns "it is already so" into success.
pub fn allow(result: Result<(), NetlinkError>, errno: Errno) -> Result<(), NetlinkError> {
    match result {
        Err(error) if error.is(errno) => Ok(()),
        other => other,
    }
}
