//! Where an engine listens: the hosts of `DOCKER_HOST`, `--host` and contexts.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

const DEFAULT_HTTP_PORT: u16 = 2375;
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The address of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A unix socket.
    Unix(PathBuf),
    /// TCP, without encryption.
    Tcp {
        /// Name or address, without brackets.
        host: String,
        /// Port.
        port: u16,
        /// Path in front of every request, without a final slash.
        base: String,
    },
    /// The standard streams of `ssh <destination> docker system dial-stdio`.
    Ssh {
        /// `user@host`, or `host`.
        destination: String,
        /// Port, when not ssh's default.
        port: Option<u16>,
    },
}

/// A text that is not the address of an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to parse docker host `{0}`")]
pub struct InvalidHost(pub String);

impl FromStr for Host {
    type Err = InvalidHost;

    /// Reads `unix:///path`, `tcp://host:port`, `http://host:port`, `ssh://user@host`.
    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let invalid = || InvalidHost(text.to_owned());
        let (scheme, rest) = match text.split_once("://") {
            Some(parts) => parts,
            None if text.is_empty() => return Err(invalid()),
            None => ("tcp", text),
        };
        match scheme {
            "unix" if rest.is_empty() => Ok(Self::Unix(PathBuf::from(DEFAULT_SOCKET))),
            "unix" => Ok(Self::Unix(PathBuf::from(rest))),
            "tcp" | "http" => parse_tcp(rest).ok_or_else(invalid),
            "ssh" => parse_ssh(rest).ok_or_else(invalid),
            _ => Err(invalid()),
        }
    }
}

fn parse_tcp(text: &str) -> Option<Host> {
    let (authority, base) = match text.split_once('/') {
        Some((authority, path)) => (authority, format!("/{}", path.trim_end_matches('/'))),
        None => (text, String::new()),
    };
    let (host, port) = split_port(authority)?;
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    Some(Host::Tcp {
        host: host.to_owned(),
        port: port.unwrap_or(DEFAULT_HTTP_PORT),
        base: if base == "/" { String::new() } else { base },
    })
}

fn parse_ssh(text: &str) -> Option<Host> {
    let authority = text.trim_end_matches('/');
    if authority.contains('/') {
        return None;
    }
    let (host, port) = split_port(authority)?;
    // A leading dash would be read by ssh as an option.
    (!host.is_empty() && !host.starts_with('-')).then(|| Host::Ssh {
        destination: host.to_owned(),
        port,
    })
}

/// Splits `host:port`, `[v6]:port`, `host`.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port, base } if host.contains(':') => {
                write!(f, "tcp://[{host}]:{port}{base}")
            }
            Self::Tcp { host, port, base } => write!(f, "tcp://{host}:{port}{base}"),
            Self::Ssh {
                destination,
                port: Some(port),
            } => write!(f, "ssh://{destination}:{port}"),
            Self::Ssh { destination, .. } => write!(f, "ssh://{destination}"),
        }
    }
}
