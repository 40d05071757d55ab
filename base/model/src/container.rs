//! Containers: what was asked, what is stored, what was observed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::host::HostConfig;
use crate::id::ContainerId;
use crate::image::ImageId;
use crate::mount::MountPoint;
use crate::name::ContainerName;
use crate::network::{EndpointRecord, EndpointSpec};
use crate::port::Port;
use crate::{ChainId, Timestamp};

/// The portable half of a container's configuration: it is also what an image carries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerConfig {
    /// Host name; empty for the short identifier.
    pub hostname: String,
    /// NIS domain name.
    pub domainname: String,
    /// `user[:group]`, names or numbers, resolved inside the image.
    pub user: String,
    /// The creating client wants the standard input.
    pub attach_stdin: bool,
    /// The creating client wants the standard output.
    pub attach_stdout: bool,
    /// The creating client wants the standard error.
    pub attach_stderr: bool,
    /// Ports the container listens on.
    pub exposed_ports: BTreeSet<Port>,
    /// Give the process a terminal.
    pub tty: bool,
    /// Keep the standard input open.
    pub open_stdin: bool,
    /// Close the standard input when the first attached client leaves.
    pub stdin_once: bool,
    /// `NAME=value` each.
    pub env: Vec<String>,
    /// Arguments, or the whole command when there is no entrypoint.
    pub cmd: Option<Vec<String>>,
    /// Program and its first arguments.
    pub entrypoint: Option<Vec<String>>,
    /// Health check.
    pub healthcheck: Option<Healthcheck>,
    /// Image as the user named it.
    pub image: String,
    /// Paths that want an anonymous volume.
    pub volumes: BTreeSet<String>,
    /// Working directory; empty for `/`.
    pub working_dir: String,
    /// No network at all.
    pub network_disabled: bool,
    /// MAC address for the first network.
    pub mac_address: String,
    /// Build triggers of an image.
    pub on_build: Option<Vec<String>>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Signal that `stop` sends; SIGTERM when none.
    pub stop_signal: Option<String>,
    /// Seconds that `stop` waits before it kills; 10 when none, -1 for ever.
    pub stop_timeout: Option<i64>,
    /// Shell for the shell form of build instructions.
    pub shell: Option<Vec<String>>,
}

/// A health check (`HEALTHCHECK`). Durations in nanoseconds, 0 means inherited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Healthcheck {
    /// `[]` inherits, `["NONE"]` disables, `["CMD", ..]` or `["CMD-SHELL", text]`.
    pub test: Vec<String>,
    /// Between two checks.
    pub interval: i64,
    /// For one check.
    pub timeout: i64,
    /// Grace period after the start.
    pub start_period: i64,
    /// Between two checks in the start period.
    pub start_interval: i64,
    /// Failures in a row that make the container unhealthy.
    pub retries: i64,
}

/// Everything a client asked for when it created a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerSpec {
    /// Wanted name; a random one when none.
    pub name: Option<ContainerName>,
    /// Wanted platform, for example `linux/amd64`.
    pub platform: Option<String>,
    /// The portable half.
    pub config: ContainerConfig,
    /// The half that belongs to this host.
    pub host: HostConfig,
    /// Wanted attachments by network name.
    pub networks: BTreeMap<String, EndpointSpec>,
}

/// Where a container is in its life.
///
/// ```text
/// created --start--> running --exit--> exited --start--> running
///                    |  ^              |
///              pause |  | unpause      | restart policy
///                    v  |              v
///                   paused          restarting --> running
/// any but running --remove--> removing --> (gone), or dead when removal failed
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Phase {
    #[default]
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    Exited,
    Dead,
}

impl Phase {
    /// Docker's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
        }
    }

    /// A process of the container is alive.
    #[must_use]
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// What was last observed of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// Where it is in its life.
    pub phase: Phase,
    /// Host PID of its first process; 0 when none is alive.
    pub pid: u32,
    /// Exit code of the last run.
    pub exit_code: i32,
    /// Why the last start failed.
    pub error: String,
    /// The last run ended because the memory limit was hit.
    pub oom_killed: bool,
    /// When the last run began.
    pub started_at: Option<Timestamp>,
    /// When the last run ended.
    pub finished_at: Option<Timestamp>,
    /// Restarts by policy since the last start by a client.
    pub restart_count: u32,
    /// A client stopped it: the restart policy rests.
    pub stopped_by_user: bool,
}

/// A container as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContainerRecord {
    /// Identifier.
    pub id: ContainerId,
    /// Name.
    pub name: ContainerName,
    /// When it was created.
    pub created: Timestamp,
    /// Image it was made from.
    pub image: ImageId,
    /// Layers of its root file system, lowest first.
    pub layers: Vec<ChainId>,
    /// Program.
    pub path: String,
    /// Arguments of the program.
    pub args: Vec<String>,
    /// Configuration after the image's was merged in.
    pub config: ContainerConfig,
    /// The half that belongs to this host.
    pub host: HostConfig,
    /// Resolved mounts.
    pub mounts: Vec<MountPoint>,
    /// Attachments by network name.
    pub networks: BTreeMap<String, EndpointRecord>,
    /// Last observation.
    pub state: ContainerState,
}
