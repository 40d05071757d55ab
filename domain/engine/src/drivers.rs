//! What the engine is made with: one driver for each contract, and its settings.

use std::path::PathBuf;
use std::sync::Arc;

use palan_contracts::{
    Clock, ContentStore, Host, LayerStore, LogStore, NetworkDriver, Registry, Runtime,
    SeccompCompiler, Snapshotter, StateStore, VolumeStore,
};

use palan_model::Timestamp;

use crate::images::BuiltinImage;
use crate::system::HostFacts;

/// One driver for each contract, chosen and wired by the application.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct Drivers {
    pub clock: Arc<dyn Clock>,
    pub content: Arc<dyn ContentStore>,
    pub host: Arc<dyn Host>,
    pub layers: Arc<dyn LayerStore>,
    pub logs: Arc<dyn LogStore>,
    pub network: Arc<dyn NetworkDriver>,
    pub registry: Arc<dyn Registry>,
    pub runtime: Arc<dyn Runtime>,
    pub seccomp: Arc<dyn SeccompCompiler>,
    pub snapshots: Arc<dyn Snapshotter>,
    pub state: Arc<dyn StateStore>,
    pub volumes: Arc<dyn VolumeStore>,
}

/// Settings of one engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Interface name of the default bridge; unique on the host.
    pub bridge: String,
    /// Parent of all containers' cgroups, without a leading slash, for example `palan`.
    pub cgroup_parent: String,
    /// Labels of the engine, `name=value`.
    pub labels: Vec<String>,
    /// Files that the engine keeps; reported by `info`.
    pub data_root: PathBuf,
    /// Images that the program carries.
    pub builtin_images: Vec<BuiltinImage>,
    /// When the program was made.
    pub built: Option<Timestamp>,
    /// What is known of the host.
    pub host: HostFacts,
}
