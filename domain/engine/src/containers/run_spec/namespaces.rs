//! Which namespaces a container shares with the host or with other containers.

use std::path::PathBuf;

use palan_model::HostConfig;
use palan_model::run::{Namespace, Namespaces};

use crate::{Error, Result};

/// One namespace as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::containers) enum Sharing {
    Private,
    Host,
    /// A container, by name or identifier.
    Container(String),
}

/// The namespaces of a container as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::containers) struct SharedNamespaces {
    pub pid: Sharing,
    pub ipc: Sharing,
    pub uts: Sharing,
    pub cgroup: Sharing,
    /// No `/dev/shm`.
    pub no_shm: bool,
}

/// Paths of other containers' namespaces, found by the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::containers) struct Joined {
    pub pid: Option<PathBuf>,
    pub ipc: Option<PathBuf>,
}

impl SharedNamespaces {
    /// Reads the modes.
    ///
    /// # Errors
    /// Unknown modes.
    pub fn parse(host: &HostConfig, cgroup_version: u8) -> Result<Self> {
        let pid = parse("PID", &host.pid_mode, &["", "private"])?;
        let ipc = parse("IPC", &host.ipc_mode, &["", "private", "shareable", "none"])?;
        let uts = match host.uts_mode.as_str() {
            "" => Sharing::Private,
            "host" => Sharing::Host,
            mode => return Err(invalid("UTS", mode)),
        };
        let cgroup = match host.cgroupns_mode.as_str() {
            "private" => Sharing::Private,
            "host" => Sharing::Host,
            // Docker's defaults.
            "" if cgroup_version == 1 || host.privileged => Sharing::Host,
            "" => Sharing::Private,
            mode => return Err(invalid("cgroup namespace", mode)),
        };
        if !matches!(host.userns_mode.as_str(), "" | "host") {
            return Err(invalid("USER", &host.userns_mode));
        }
        Ok(Self {
            pid,
            ipc,
            uts,
            cgroup,
            no_shm: host.ipc_mode == "none",
        })
    }

    /// The runtime's instructions. `network` was decided elsewhere.
    pub fn plan(&self, network: Namespace, joined: Joined) -> Namespaces {
        Namespaces {
            pid: namespace(&self.pid, joined.pid),
            ipc: namespace(&self.ipc, joined.ipc),
            uts: namespace(&self.uts, None),
            net: network,
            cgroup: namespace(&self.cgroup, None),
            user: None,
        }
    }
}

fn parse(kind: &str, mode: &str, private: &[&str]) -> Result<Sharing> {
    match mode {
        "host" => Ok(Sharing::Host),
        mode if private.contains(&mode) => Ok(Sharing::Private),
        mode => match mode.strip_prefix("container:") {
            Some(container) if !container.is_empty() => {
                Ok(Sharing::Container(container.to_owned()))
            }
            _ => Err(invalid(kind, mode)),
        },
    }
}

fn invalid(kind: &str, mode: &str) -> Error {
    Error::InvalidParameter(format!("invalid {kind} mode: {mode}"))
}

fn namespace(sharing: &Sharing, joined: Option<PathBuf>) -> Namespace {
    match (sharing, joined) {
        (Sharing::Host, _) => Namespace::Host,
        (Sharing::Container(_), Some(path)) => Namespace::Join(path),
        _ => Namespace::New,
    }
}
