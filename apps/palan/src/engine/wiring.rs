//! Which driver stands behind which contract.

use std::sync::Arc;

use anyhow::Context;
use palan_contracts::SystemClock;
use palan_engine::images::BuiltinImage;
use palan_engine::{Drivers, Engine, EngineConfig};
use palan_host::LinuxHost;
use palan_images::ImageStore;
use palan_logs::JsonFileLogs;
use palan_networks::{BridgeDriver, NetworkConfig};
use palan_registry::{RegistryClient, RegistryConfig};
use palan_runtime::{CompiledFilters, LinuxRuntime};
use palan_snapshots::{LocalVolumes, OverlaySnapshots};
use palan_state::SqliteState;

use super::config::Settings;
use super::facts;
use crate::embedded;

/// Makes the drivers and the engine above them.
///
/// # Errors
/// When the data root is in use by another engine or cannot be written, or the host lacks something.
pub async fn open(settings: &Settings) -> anyhow::Result<Engine> {
    let (data_root, run_root) = (&settings.data_root, &settings.run_root);
    for directory in [data_root, run_root] {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("failed to make {}", directory.display()))?;
    }
    // The store's lock makes sure that this is the only engine of this data root.
    let state = SqliteState::open(data_root.join("state.db"))?;
    let runner = embedded::ensure_runner(data_root)?;
    let images = Arc::new(ImageStore::open(data_root)?);
    let registry = RegistryConfig {
        insecure_registries: settings.insecure_registries.clone(),
        ..RegistryConfig::default()
    };
    let drivers = Drivers {
        clock: Arc::new(SystemClock),
        content: images.clone(),
        host: Arc::new(LinuxHost),
        layers: images,
        logs: Arc::new(JsonFileLogs),
        network: Arc::new(BridgeDriver::new(network_config(settings))?),
        registry: Arc::new(RegistryClient::new(registry)),
        runtime: Arc::new(LinuxRuntime::new(runner, run_root.clone())),
        seccomp: Arc::new(CompiledFilters::new(run_root.join("seccomp"))),
        snapshots: Arc::new(OverlaySnapshots::open(data_root, run_root)?),
        state: Arc::new(state),
        volumes: Arc::new(LocalVolumes::open(data_root)?),
    };
    Ok(Engine::open(drivers, engine_config(settings)).await?)
}

fn network_config(settings: &Settings) -> NetworkConfig {
    let table = settings.instance_name();
    let digits = table
        .strip_prefix("palan-")
        .map(|digits| format!("p{}", &digits[..5]));
    let defaults = NetworkConfig::default();
    NetworkConfig {
        interface_prefix: digits.unwrap_or_else(|| defaults.interface_prefix.clone()),
        table,
        ..defaults
    }
}

fn engine_config(settings: &Settings) -> EngineConfig {
    let name = settings.instance_name();
    let bridge = if name == "palan" {
        "palan0".to_owned()
    } else {
        name.clone()
    };
    EngineConfig {
        bridge,
        cgroup_parent: name,
        labels: settings.labels.clone(),
        data_root: settings.data_root.clone(),
        builtin_images: vec![BuiltinImage {
            name: embedded::HELLO_NAME
                .parse()
                .expect("the built-in image has a good name"),
            archive: embedded::hello_archive(),
        }],
        built: facts::built(),
        host: facts::gather(&settings.data_root),
    }
}
