//! Container ports and their publication on the host.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Transport protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Transmission Control Protocol.
    Tcp,
    /// User Datagram Protocol.
    Udp,
    /// Stream Control Transmission Protocol.
    Sctp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        })
    }
}

/// A port of a container, written `80/tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Port {
    /// 1 to 65535.
    pub number: u16,
    /// Transport protocol.
    pub protocol: Protocol,
}

/// A text that is not `number` or `number/protocol`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid port specification: {0:?}")]
pub struct InvalidPort(pub String);

impl FromStr for Port {
    type Err = InvalidPort;
    fn from_str(text: &str) -> Result<Self, InvalidPort> {
        let invalid = || InvalidPort(text.to_owned());
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            _ => return Err(invalid()),
        };
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid());
        }
        let number: u16 = number.parse().map_err(|_| invalid())?;
        if number == 0 {
            Err(invalid())
        } else {
            Ok(Self { number, protocol })
        }
    }
}

impl TryFrom<String> for Port {
    type Error = InvalidPort;
    fn try_from(text: String) -> Result<Self, InvalidPort> {
        text.parse()
    }
}

impl From<Port> for String {
    fn from(port: Port) -> String {
        port.to_string()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol)
    }
}

/// Where a container's port is to be reachable on the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PortBinding {
    /// Host address; none means every address of the host.
    pub host_ip: Option<IpAddr>,
    /// Host port; none means a free one chosen at start.
    pub host_port: Option<u16>,
    /// End of a range of host ports to choose one from, inclusive, when the user gave a range.
    #[serde(default)]
    pub host_port_end: Option<u16>,
}

/// A port that is published now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublishedPort {
    /// The container's port.
    pub container: Port,
    /// Host address; the unspecified address means every address of that family.
    pub host_ip: IpAddr,
    /// Host port.
    pub host_port: u16,
}
