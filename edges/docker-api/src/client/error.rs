//! Why a request did not succeed, in the words that Docker's command line prints.

use std::io;

use super::host::Host;

/// A request that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing answers at the address.
    #[error("{}", connect_text(host, source))]
    Connect {
        /// The address.
        host: Host,
        /// Why.
        source: io::Error,
    },
    /// The engine refused.
    #[error("Error response from daemon: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The engine's text.
        message: String,
    },
    /// The connection broke.
    #[error("error during connect: {0}")]
    Broken(#[from] io::Error),
    /// The answer is not what the API promises.
    #[error("unexpected response from daemon: {0}")]
    Malformed(String),
}

impl ClientError {
    /// The named object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Nothing answers at the address.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }
}

fn connect_text(host: &Host, source: &io::Error) -> String {
    if source.kind() == io::ErrorKind::PermissionDenied {
        return format!(
            "permission denied while trying to connect to the Docker daemon socket at {host}"
        );
    }
    if source.kind() == io::ErrorKind::HostUnreachable {
        return format!("error during connect: dial {host}: {source}");
    }
    let text =
        format!("Cannot connect to the Docker daemon at {host}. Is the docker daemon running?");
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => text,
        _ => format!("{text} ({source})"),
    }
}
