//! Mounts that users ask for, and mount points of a container.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Propagation of mounts (`mount(2)`, "Shared subtrees").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Propagation {
    Private,
    #[default]
    Rprivate,
    Shared,
    Rshared,
    Slave,
    Rslave,
}

/// A mount as `--mount` asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountSpec {
    /// Absolute path in the container.
    pub target: String,
    /// What to mount there.
    pub source: MountSource,
    /// No writes through this mount.
    #[serde(default)]
    pub read_only: bool,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum MountSource {
    /// A path of the host.
    Bind {
        /// Absolute host path.
        path: PathBuf,
        /// Mount propagation.
        #[serde(default)]
        propagation: Propagation,
        /// Do not bind the mounts below the path.
        #[serde(default)]
        non_recursive: bool,
        /// Create the host path as a directory when it does not exist.
        #[serde(default)]
        create_host_path: bool,
    },
    /// A volume.
    Volume {
        /// None asks for an anonymous volume.
        name: Option<String>,
        /// Volume driver, `local` when none.
        #[serde(default)]
        driver: Option<String>,
        /// Options for the driver.
        #[serde(default)]
        options: std::collections::BTreeMap<String, String>,
        /// Labels of a volume that is created by this mount.
        #[serde(default)]
        labels: std::collections::BTreeMap<String, String>,
        /// Do not copy the image's data into an empty volume.
        #[serde(default)]
        no_copy: bool,
    },
    /// Memory.
    Tmpfs {
        /// Size in bytes.
        #[serde(default)]
        size: Option<u64>,
        /// Mode of its root, for example 0o1777.
        #[serde(default)]
        mode: Option<u32>,
    },
}

/// Which kind of source a mount point has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum MountKind {
    Bind,
    Volume,
    Tmpfs,
}

/// A resolved mount of one container, as `inspect` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountPoint {
    /// Kind of source.
    pub kind: MountKind,
    /// Volume name, for volumes.
    pub name: Option<String>,
    /// Host path.
    pub source: PathBuf,
    /// Path in the container.
    pub destination: String,
    /// Volume driver, for volumes.
    pub driver: Option<String>,
    /// The mode text as the user gave it, for example `ro,z`.
    pub mode: String,
    /// Writable.
    pub rw: bool,
    /// Mount propagation; none for volumes' default.
    pub propagation: Option<Propagation>,
    /// Copy the image's data into the volume when it is empty.
    #[serde(default)]
    pub copy_up: bool,
    /// Bind the mounts below the source too.
    #[serde(default)]
    pub recursive: bool,
    /// An anonymous volume that goes with its container (`rm -v`, `--rm`).
    #[serde(default)]
    pub anonymous: bool,
}
