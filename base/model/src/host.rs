//! The half of a container's configuration that belongs to one host.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mount::MountSpec;
use crate::port::{Port, PortBinding};
use crate::resources::Resources;

/// Host-dependent configuration. Texts keep the form the client gave, so that `inspect` returns it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostConfig {
    /// `source:target[:options]` each.
    pub binds: Vec<String>,
    /// File of the client that holds the identifier.
    pub container_id_file: String,
    /// Where logs go.
    pub log: LogConfig,
    /// `default`, `bridge`, `host`, `none`, `container:<id>` or a network's name.
    pub network_mode: String,
    /// Ports to publish.
    pub port_bindings: BTreeMap<Port, Vec<PortBinding>>,
    /// What happens when the container exits.
    pub restart_policy: RestartPolicy,
    /// Remove the container when it exits.
    pub auto_remove: bool,
    /// Driver of volumes named in `binds`.
    pub volume_driver: String,
    /// Containers whose mounts are taken over.
    pub volumes_from: Vec<String>,
    /// Mounts asked for with `--mount`.
    pub mounts: Vec<MountSpec>,
    /// Terminal size at start: rows, columns.
    pub console_size: [u16; 2],
    /// Annotations for the runtime.
    pub annotations: BTreeMap<String, String>,
    /// Capabilities added to the default set; `ALL` for all.
    pub cap_add: Vec<String>,
    /// Capabilities taken from the default set; `ALL` for all.
    pub cap_drop: Vec<String>,
    /// `host`, `private` or empty for the engine's default.
    pub cgroupns_mode: String,
    /// Name servers.
    pub dns: Vec<String>,
    /// Resolver options.
    pub dns_options: Vec<String>,
    /// Search domains.
    pub dns_search: Vec<String>,
    /// `name:address` each, for `/etc/hosts`.
    pub extra_hosts: Vec<String>,
    /// Additional groups, names or numbers.
    pub group_add: Vec<String>,
    /// `none`, `private`, `shareable`, `host`, `container:<id>` or empty.
    pub ipc_mode: String,
    /// Cgroup to join.
    pub cgroup: String,
    /// Legacy links, `container[:alias]`.
    pub links: Vec<String>,
    /// -1000 to 1000.
    pub oom_score_adj: i32,
    /// Empty, `host` or `container:<id>`.
    pub pid_mode: String,
    /// All capabilities and devices, no masks, no seccomp.
    pub privileged: bool,
    /// Publish every exposed port.
    pub publish_all_ports: bool,
    /// Mount the root read-only.
    pub readonly_rootfs: bool,
    /// `no-new-privileges`, `seccomp=..`, `label=..`, `apparmor=..` and so on.
    pub security_opt: Vec<String>,
    /// Options of the storage driver.
    pub storage_opt: BTreeMap<String, String>,
    /// Target to options.
    pub tmpfs: BTreeMap<String, String>,
    /// Empty or `host`.
    pub uts_mode: String,
    /// Empty or `host`.
    pub userns_mode: String,
    /// Size of `/dev/shm` in bytes; 0 for 64 MiB.
    pub shm_size: i64,
    /// Kernel parameters of the container's namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// Name of the runtime; empty for the default.
    pub runtime: String,
    /// Isolation technology.
    pub isolation: String,
    /// Limits.
    pub resources: Resources,
    /// Paths hidden from the container; none for the default list.
    pub masked_paths: Option<Vec<String>>,
    /// Paths made read-only; none for the default list.
    pub readonly_paths: Option<Vec<String>>,
    /// Run a small init as PID 1.
    pub init: Option<bool>,
}

/// Log driver and its options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogConfig {
    /// `json-file`, `none`, or empty for the engine's default.
    pub driver: String,
    /// For `json-file`: `max-size`, `max-file`.
    pub options: BTreeMap<String, String>,
}

/// When a container that exited is started again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RestartPolicy {
    /// Which exits lead to a restart.
    pub mode: RestartMode,
    /// For `on-failure`; 0 for no bound.
    pub maximum_retry_count: u32,
}

/// Which exits lead to a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum RestartMode {
    #[default]
    No,
    Always,
    OnFailure,
    UnlessStopped,
}
