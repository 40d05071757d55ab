//! From a request and its image to the record of a new container. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use palan_model::container::ContainerState;
use palan_model::network::{EndpointRecord, EndpointSpec};
use palan_model::{
    ContainerConfig, ContainerId, ContainerName, ContainerRecord, ContainerSpec, HostConfig,
    ImageRecord,
};

use super::super::run_spec::DEFAULT_SHM;
use super::super::{merge, names};
use crate::networks::{BRIDGE, HOST, NONE};
use crate::{Error, Result};

/// Paths hidden from containers unless a client says otherwise.
const MASKED: [&str; 13] = [
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/system/cpu/cpu0/thermal_throttle",
    "/sys/devices/virtual/powercap",
];

/// Paths read-only in containers unless a client says otherwise.
const READ_ONLY: [&str; 5] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// The record of a new container, and the name that was asked for.
pub(super) fn plan_record(
    spec: ContainerSpec,
    image: &Arc<ImageRecord>,
    id: ContainerId,
    created: palan_model::Timestamp,
) -> Result<(ContainerRecord, Option<ContainerName>)> {
    let ContainerSpec {
        name,
        mut config,
        mut host,
        networks,
        ..
    } = spec;
    if let Some(defaults) = &image.config {
        merge::merge(&mut config, defaults);
    }
    if !matches!(image.os.as_str(), "" | "linux") {
        return Err(Error::InvalidParameter(format!(
            "image operating system \"{}\" cannot be used on this platform",
            image.os
        )));
    }
    let command = command(&config)?;
    fill_defaults(&mut config, &mut host, &id);
    let networks = plan_networks(&config, &host, networks);
    let record = ContainerRecord {
        name: names::generate(&id, 0),
        created,
        image: image.id.clone(),
        layers: image
            .layers
            .iter()
            .map(|layer| layer.chain_id.clone())
            .collect(),
        path: command[0].clone(),
        args: command[1..].to_vec(),
        mounts: vec![],
        networks,
        state: ContainerState::default(),
        config,
        host,
        id,
    };
    Ok((record, name))
}

/// Entrypoint and command in one; never empty.
fn command(config: &ContainerConfig) -> Result<Vec<String>> {
    let parts = config
        .entrypoint
        .iter()
        .flatten()
        .chain(config.cmd.iter().flatten());
    let command: Vec<String> = parts.cloned().collect();
    if command.is_empty() {
        return Err(Error::InvalidParameter("No command specified".to_owned()));
    }
    Ok(command)
}

fn fill_defaults(config: &mut ContainerConfig, host: &mut HostConfig, id: &ContainerId) {
    if host.network_mode.is_empty() {
        "default".clone_into(&mut host.network_mode);
    }
    if config.hostname.is_empty() {
        id.short().clone_into(&mut config.hostname);
    }
    if host.log.driver.is_empty() {
        "json-file".clone_into(&mut host.log.driver);
    }
    if host.ipc_mode.is_empty() {
        "private".clone_into(&mut host.ipc_mode);
    }
    if host.shm_size == 0 {
        host.shm_size = DEFAULT_SHM;
    }
    if host.resources.memory > 0 && host.resources.memory_swap == 0 {
        host.resources.memory_swap = host.resources.memory * 2;
    }
    // What clients send for "no limit".
    let limits = &mut host.resources;
    limits.memory_swappiness = limits.memory_swappiness.filter(|value| *value >= 0);
    limits.pids_limit = limits.pids_limit.filter(|limit| *limit > 0);
    let list = |paths: &[&str]| {
        let paths = if host.privileged { &[] } else { paths };
        Some(paths.iter().map(|path| (*path).to_owned()).collect())
    };
    if host.masked_paths.is_none() {
        host.masked_paths = list(&MASKED);
    }
    if host.readonly_paths.is_none() {
        host.readonly_paths = list(&READ_ONLY);
    }
}

/// On the host's network, and in its UTS namespace, the host's name is the container's.
pub(super) fn shares_host_name(host: &HostConfig) -> bool {
    host.network_mode == HOST || host.uts_mode == "host"
}

/// Attachments by network name. `default` means the default bridge.
fn plan_networks(
    config: &ContainerConfig,
    host: &HostConfig,
    mut asked: BTreeMap<String, EndpointSpec>,
) -> BTreeMap<String, EndpointRecord> {
    let mode = host.network_mode.as_str();
    if mode.starts_with("container:") || config.network_disabled {
        return BTreeMap::new();
    }
    let name = if mode == "default" { BRIDGE } else { mode };
    let spec = asked
        .remove(name)
        .or_else(|| asked.remove("default"))
        .unwrap_or_default();
    if matches!(name, HOST | NONE) {
        asked.clear();
    }
    let record = |spec| EndpointRecord {
        network: None,
        spec,
        lease: None,
    };
    let mut networks: BTreeMap<_, _> = asked
        .into_iter()
        .map(|(name, spec)| (name, record(spec)))
        .collect();
    networks.insert(name.to_owned(), record(spec));
    networks
}

pub(super) fn warnings(host: &HostConfig, image: &ImageRecord) -> Vec<String> {
    let mut warnings = vec![];
    if matches!(host.network_mode.as_str(), "host") && !host.port_bindings.is_empty() {
        warnings.push("Published ports are discarded when using host network mode".to_owned());
    }
    let platform = palan_model::platform::Platform::host();
    if !image.architecture.is_empty() && image.architecture != platform.architecture {
        warnings.push(format!(
            "The requested image's platform (linux/{}) does not match the detected host platform \
             (linux/{}) and no specific platform was requested",
            image.architecture, platform.architecture
        ));
    }
    warnings
}
