//! Why there is no connection, as Go's dialer says it.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

/// A failed attempt to connect.
#[derive(Clone, Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum DialError {
    #[error("dial tcp: lookup {host}: {reason}")]
    Lookup { host: String, reason: String },
    #[error("dial tcp {address}: connect: {reason}")]
    Connect { address: SocketAddr, reason: String },
    #[error("dial tcp {0}: i/o timeout")]
    Timeout(String),
    #[error("http: server gave HTTP response to HTTPS client")]
    NotTls,
    #[error("tls: failed to verify certificate: x509: {0}")]
    Certificate(String),
    #[error("tls: {0}")]
    Tls(String),
}

impl DialError {
    /// `connect(2)` failed.
    pub(super) fn connect(address: SocketAddr, error: &io::Error) -> Self {
        Self::Connect {
            address,
            reason: go_text(error),
        }
    }

    /// Whether trying again soon makes sense. No name appears, and no certificate becomes valid,
    /// within seconds.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Timeout(_) | Self::Connect { .. })
    }
}

/// The error of `connect(2)` in Go's words.
fn go_text(error: &io::Error) -> String {
    let text = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset => "connection reset by peer",
        ErrorKind::HostUnreachable => "no route to host",
        ErrorKind::NetworkUnreachable => "network is unreachable",
        ErrorKind::TimedOut => "connection timed out",
        ErrorKind::AddrNotAvailable => "cannot assign requested address",
        _ => return error.to_string(),
    };
    text.to_owned()
}
