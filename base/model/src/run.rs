//! What the runtime is told when a container starts: everything resolved that the host can resolve.
//!
//! The engine plans a [`RunSpec`]; `drivers/runtime` hands it to `palan-runner`; `drivers/container`
//! carries it out. Users and groups are still names, because only the container's root file system
//! can resolve them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::id::ContainerId;
use crate::log::LogSpec;
use crate::resources::{Resources, Ulimit};

/// A container to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    /// Identifier.
    pub id: ContainerId,
    /// The root file system, mounted in the container's own mount namespace.
    pub rootfs: RootfsSpec,
    /// Mount the root read-only after everything else is in place.
    pub readonly_rootfs: bool,
    /// Mounts in the order in which they are made. `/proc`, `/dev`, `/sys` are among them.
    pub mounts: Vec<Mount>,
    /// Device nodes to make in `/dev`, besides the mounts.
    pub devices: Vec<DeviceNode>,
    /// Rules of the device cgroup, applied in order; the first denies all.
    pub device_rules: Vec<DeviceRule>,
    /// Hidden paths (`/dev/null` over files, empty read-only tmpfs over directories).
    pub masked_paths: Vec<String>,
    /// Paths bound read-only over themselves.
    pub readonly_paths: Vec<String>,
    /// The first process.
    pub process: ProcessSpec,
    /// Run `/sbin/docker-init -- <args>` as PID 1: our own init is bound there.
    pub init: bool,
    /// Host name, in a new UTS namespace.
    pub hostname: String,
    /// NIS domain name.
    pub domainname: String,
    /// Which namespaces are new, shared or joined. The mount namespace is always new.
    pub namespaces: Namespaces,
    /// Path of the container's cgroup below each hierarchy's root, without a leading slash,
    /// for example `palan/4f5e..`.
    pub cgroup: String,
    /// Limits.
    pub resources: Resources,
    /// Written below `/proc/sys` inside the namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// -1000 to 1000; none to inherit.
    pub oom_score_adj: Option<i32>,
    /// Keep the standard input open; else it reads as end of file.
    pub open_stdin: bool,
    /// Close the standard input when the first attached client leaves.
    pub stdin_once: bool,
    /// Where output is logged; none for nowhere.
    pub log: Option<LogSpec>,
}

/// How the root file system is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum RootfsSpec {
    /// An overlay mount.
    Overlay {
        /// Layer directories, topmost first.
        lower: Vec<PathBuf>,
        /// Writable directory.
        upper: PathBuf,
        /// Overlay's work directory, empty, on the same file system as `upper`.
        work: PathBuf,
        /// Skip syncing: the content does not outlive a crash of the host (`--rm`).
        volatile: bool,
    },
    /// An existing directory.
    Directory {
        /// Absolute path.
        path: PathBuf,
    },
}

/// One mount, in the words of the OCI runtime specification (`config.md`, "Mounts").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Absolute path in the container; made when it does not exist.
    pub destination: String,
    /// `bind`, `tmpfs`, `proc`, `sysfs`, `devpts`, `mqueue`, `cgroup`.
    pub kind: String,
    /// Host path for binds, else a label.
    pub source: PathBuf,
    /// `ro`, `nosuid`, `rbind`, `rprivate`, `mode=755`, `size=65536k` and so on.
    pub options: Vec<String>,
    /// Before a bind is made: when the source directory is empty, copy into it what the root file
    /// system has at the destination, with owner and mode (new volumes).
    #[serde(default)]
    pub copy_up: bool,
}

/// A device node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceNode {
    /// Path in the container.
    pub path: String,
    /// `c` or `b`.
    pub kind: char,
    /// Major number.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// A rule of the device cgroup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRule {
    /// Allow, else deny.
    pub allow: bool,
    /// `a`, `b` or `c`.
    pub kind: char,
    /// None for any.
    pub major: Option<u32>,
    /// None for any.
    pub minor: Option<u32>,
    /// Some of `r`, `w`, `m`.
    pub access: String,
}

/// A process to start in a container: its first, or an exec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessSpec {
    /// Program and arguments; a program without a slash is looked for in the `PATH` of `env`.
    pub args: Vec<String>,
    /// `NAME=value` each. `HOME` is added from the image's passwd file when absent.
    pub env: Vec<String>,
    /// Absolute working directory, created when missing for the first process.
    pub cwd: String,
    /// `user[:group]`, names or numbers, or empty for root.
    pub user: String,
    /// Additional groups, names or numbers.
    pub additional_groups: Vec<String>,
    /// `CAP_..` names: bounding, permitted and effective set. Inheritable and ambient stay empty.
    pub capabilities: Vec<String>,
    /// Set `no_new_privs`.
    pub no_new_privileges: bool,
    /// File with the compiled seccomp program (an array of `struct sock_filter`); none for no filter.
    pub seccomp: Option<PathBuf>,
    /// Resource limits (`getrlimit(2)`), by lower-case name.
    pub rlimits: Vec<Ulimit>,
    /// Give it a terminal as its standard streams and `/dev/console`.
    pub tty: bool,
    /// Rows and columns of the terminal at start.
    pub console_size: Option<[u16; 2]>,
}

/// The namespaces of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespaces {
    /// Process identifiers.
    pub pid: Namespace,
    /// System V IPC and POSIX message queues.
    pub ipc: Namespace,
    /// Host name.
    pub uts: Namespace,
    /// Network. `Join` with an empty path takes the descriptor passed with the start request.
    pub net: Namespace,
    /// Cgroup tree.
    pub cgroup: Namespace,
    /// Users; only when asked.
    pub user: Option<UserNamespace>,
}

/// Where one namespace comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Namespace {
    /// A new one.
    #[default]
    New,
    /// The host's.
    Host,
    /// An existing one, by path, for example `/proc/42/ns/net`.
    Join(PathBuf),
}

/// A new user namespace with its identity maps (`user_namespaces(7)`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserNamespace {
    /// User identities.
    pub uid_map: Vec<IdMap>,
    /// Group identities.
    pub gid_map: Vec<IdMap>,
}

/// One line of an identity map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMap {
    /// First identity inside.
    pub container: u32,
    /// First identity outside.
    pub host: u32,
    /// How many.
    pub size: u32,
}
