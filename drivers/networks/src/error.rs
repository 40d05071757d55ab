//! What can go wrong with networks, in Docker's words where clients see them.

use std::net::IpAddr;

use palan_model::ErrorKind;
use palan_model::port::Protocol;
use rustix::io::Errno;

use crate::names::{InvalidMac, InvalidPrefix};
use crate::netlink::{NetlinkError, explain};

/// Result of the driver's own functions.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of this driver.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A host port belongs to another container of this engine.
    #[error("Bind for {address}:{port} failed: port is already allocated")]
    PortAllocated {
        /// Host address.
        address: IpAddr,
        /// Host port.
        port: u16,
    },
    /// A host port cannot be taken, because some process of the host has it or the address is not
    /// one of the host's.
    #[error("listen {protocol}4 {address}:{port}: bind: {}", explain_bind(*.errno))]
    PortUnavailable {
        /// Transport protocol.
        protocol: Protocol,
        /// Host address.
        address: IpAddr,
        /// Host port.
        port: u16,
        /// The kernel's reason.
        errno: Errno,
    },
    /// Each port of a range is taken.
    #[error("Bind for {address}:{first}-{last} failed: all ports are allocated")]
    PortsExhausted {
        /// Host address.
        address: IpAddr,
        /// First port of the range.
        first: u16,
        /// Last port of the range.
        last: u16,
    },
    /// Publishing on IPv6 addresses is not there yet.
    #[error("cannot publish on {0}: host addresses must be IPv4")]
    NotIpv4(IpAddr),
    /// No default subnet is free.
    #[error("all predefined address pools have been fully subnetted")]
    SubnetsExhausted,
    /// The network is not a bridge.
    #[error("network {0} has no bridge to connect to")]
    NoBridge(String),
    /// An interface name that the kernel cannot have.
    #[error(
        "invalid interface name {0:?}: must be 1 to 15 bytes without spaces, slashes and colons"
    )]
    InterfaceName(String),
    /// The name is that of another kind of interface.
    #[error("interface {0} exists already and is not a bridge")]
    NotABridge(String),
    /// See [`InvalidMac`].
    #[error(transparent)]
    Mac(#[from] InvalidMac),
    /// See [`InvalidPrefix`].
    #[error(transparent)]
    Prefix(#[from] InvalidPrefix),
    /// A sysctl that does not belong to network namespaces.
    #[error("sysctl {0:?} is not below net.")]
    SysctlName(String),
    /// A kernel setting could not be read or written.
    #[error("failed to {action} {path}")]
    Setting {
        /// `read` or `write ..`.
        action: String,
        /// File below `/proc/sys`.
        path: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The kernel refused a change or did not answer.
    #[error("failed to {action}")]
    Kernel {
        /// What was to be done, with names.
        action: String,
        /// The reason.
        source: NetlinkError,
    },
    /// A namespace could not be made or entered.
    #[error("failed to {action}")]
    Namespace {
        /// What was to be done.
        action: &'static str,
        /// The reason.
        source: std::io::Error,
    },
    /// The driver's threads are gone: it is being dropped.
    #[error("the network driver has stopped")]
    Stopped,
    /// Several steps of a clean-up failed; the others were done.
    #[error("{}", join(.0))]
    Several(Vec<Error>),
}

impl Error {
    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::PortAllocated { .. } | Self::PortsExhausted { .. } | Self::NotABridge(_) => {
                ErrorKind::Conflict
            }
            Self::PortUnavailable { errno, .. } if *errno == Errno::ADDRINUSE => {
                ErrorKind::Conflict
            }
            Self::NotIpv4(_) => ErrorKind::NotImplemented,
            Self::SubnetsExhausted => ErrorKind::Unavailable,
            Self::NoBridge(_)
            | Self::InterfaceName(_)
            | Self::Mac(_)
            | Self::Prefix(_)
            | Self::SysctlName(_) => ErrorKind::InvalidParameter,
            Self::PortUnavailable { .. }
            | Self::Setting { .. }
            | Self::Kernel { .. }
            | Self::Namespace { .. }
            | Self::Stopped
            | Self::Several(_) => ErrorKind::System,
        }
    }

    /// Names what was to be done when the kernel refused.
    pub fn kernel(action: impl Into<String>) -> impl FnOnce(NetlinkError) -> Self {
        let action = action.into();
        move |source| Self::Kernel { action, source }
    }

    /// The text with those of its sources.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }

    /// One error for all that went wrong in a clean-up, none if nothing did.
    ///
    /// # Errors
    /// What was collected.
    pub fn all(mut errors: Vec<Error>) -> Result<()> {
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Self::Several(errors)),
        }
    }
}

impl From<Error> for palan_contracts::Error {
    fn from(error: Error) -> Self {
        palan_contracts::Error::new(error.kind(), error)
    }
}

fn join(errors: &[Error]) -> String {
    let texts: Vec<_> = errors.iter().map(Error::chain).collect();
    texts.join("; ")
}

/// Go's words for what `bind(2)` says, which Docker's clients show.
fn explain_bind(errno: Errno) -> String {
    match errno {
        Errno::ADDRINUSE => "address already in use".to_owned(),
        Errno::ADDRNOTAVAIL => "cannot assign requested address".to_owned(),
        Errno::ACCESS => "permission denied".to_owned(),
        other => explain(other),
    }
}
