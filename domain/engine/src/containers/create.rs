//! Creating: check, take over the image's defaults, resolve mounts, reserve the name, make the
//! files, write the record. Undone when a later step fails.

use std::collections::BTreeMap;
use std::sync::Arc;

use palan_contracts::PathKind;
use palan_model::container::ContainerState;
use palan_model::mount::{MountKind, MountPoint};
use palan_model::network::{EndpointRecord, EndpointSpec};
use palan_model::{
    ContainerConfig, ContainerId, ContainerName, ContainerRecord, ContainerSpec, HostConfig,
    ImageRecord, VolumeName,
};

use super::actor::Actor;
use super::index::Handle;
use super::mounts::{WantedMount, inherited_read_only, plan_mounts};
use super::run_spec::DEFAULT_SHM;
use super::validate::validate;
use super::{Containers, merge, names};
use crate::networks::{BRIDGE, HOST, NONE};
use crate::task::to_completion;
use crate::volumes::VolumeSpec;
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

/// A container that was created.
#[derive(Clone, Debug)]
pub struct Created {
    /// Its identifier.
    pub id: ContainerId,
    /// What the client should know.
    pub warnings: Vec<String>,
}

impl Containers {
    /// Creates a container.
    ///
    /// # Errors
    /// A missing image, a name in use, contradicting or unknown options.
    pub async fn create(&self, spec: ContainerSpec) -> Result<Created> {
        let containers = self.clone();
        to_completion(async move { containers.apply_create(spec).await }).await
    }

    async fn apply_create(&self, spec: ContainerSpec) -> Result<Created> {
        let config = &self.shared().config;
        validate(
            &spec.config,
            &spec.host,
            config.host.cpus,
            config.host.cgroup_version,
        )?;
        let id = ContainerId::random();
        let mut made = vec![];
        // From here on the image and its layers stay.
        let image = self.shared().images.claim(&spec.config.image, &id).await?;
        let created = self.create_from(&image, spec, &id, &mut made).await;
        if created.is_err() {
            self.undo(&id, made).await;
        }
        created
    }

    async fn create_from(
        &self,
        image: &Arc<ImageRecord>,
        mut spec: ContainerSpec,
        id: &ContainerId,
        made: &mut Vec<VolumeName>,
    ) -> Result<Created> {
        if let Some(other) = spec.host.network_mode.strip_prefix("container:") {
            // On another's network, a container goes by its name. That there is none is told at
            // the start: clients take a "not found" of a creation for a missing image.
            if let Ok(other) = self.shared().record(other) {
                spec.config.hostname.clone_from(&other.config.hostname);
                spec.config.domainname.clone_from(&other.config.domainname);
            }
        }
        if spec.config.hostname.is_empty() && shares_host_name(&spec.host) {
            let name = &self.shared().config.host.name;
            spec.config.hostname.clone_from(name);
        }
        let (record, asked) = plan_record(spec, image, id.clone(), self.now())?;
        let record = self.reserve_name(record, asked)?;
        self.apply(record, image, made).await
    }

    fn now(&self) -> palan_model::Timestamp {
        self.shared().drivers.clock.now()
    }

    fn reserve_name(
        &self,
        mut record: ContainerRecord,
        asked: Option<ContainerName>,
    ) -> Result<ContainerRecord> {
        let mut index = self.shared().index();
        if let Some(name) = asked {
            index.reserve(&name, &record.id)?;
            record.name = name;
            return Ok(record);
        }
        let mut attempt = 0;
        loop {
            let name = names::generate(&record.id, attempt);
            if index.reserve(&name, &record.id).is_ok() {
                record.name = name;
                return Ok(record);
            }
            attempt += 1;
        }
    }

    async fn apply(
        &self,
        mut record: ContainerRecord,
        image: &ImageRecord,
        made: &mut Vec<VolumeName>,
    ) -> Result<Created> {
        let shared = self.shared();
        let inherited = self.inherited_mounts(&record.host)?;
        let wanted = plan_mounts(&record.config, &record.host, inherited)?;
        record.mounts = self.resolve_mounts(&record.id, wanted, made).await?;
        let layers = shared.images.layer_paths(&record.layers);
        shared
            .drivers
            .snapshots
            .prepare(&record.id, &layers, record.host.auto_remove)
            .await?;
        let key = record.id.as_str();
        shared
            .records
            .put(palan_contracts::Table::Containers, key, &record)
            .await?;
        let warnings = warnings(&record.host, image);
        let id = record.id.clone();
        self.adopt(record.clone(), None);
        shared.event(&record, "create", []);
        Ok(Created { id, warnings })
    }

    /// Sets an actor going for a record.
    pub(super) fn adopt(
        &self,
        record: ContainerRecord,
        exit: Option<palan_contracts::ExitReceiver<palan_model::runner::ExitStatus>>,
    ) -> Handle {
        let running = exit.is_some();
        let (actor, handle) = Actor::new(self.shared().clone(), record, exit);
        self.shared().hold_resources(&actor.record);
        self.shared().images.set_running(&actor.record.id, running);
        self.shared().index().insert(handle.clone());
        tokio::spawn(actor.run());
        handle
    }

    /// Takes back whatever a failed creation took.
    async fn undo(&self, id: &ContainerId, made: Vec<VolumeName>) {
        let shared = self.shared();
        shared.index().free_all(id);
        shared.images.release(id);
        shared.volumes.release(id);
        for name in made {
            if let Err(error) = shared.volumes.remove(name.as_str(), true).await {
                tracing::warn!("failed to remove volume {name} after a failed creation: {error}");
            }
        }
        if let Err(error) = shared.drivers.snapshots.remove(id).await {
            tracing::warn!(container = id.short(), "failed to undo a creation: {error}");
        }
    }

    /// Mounts taken over with `--volumes-from`.
    fn inherited_mounts(&self, host: &HostConfig) -> Result<Vec<MountPoint>> {
        let mut mounts = vec![];
        for source in &host.volumes_from {
            let (name, mode) = source.rsplit_once(':').unwrap_or((source, ""));
            let read_only = inherited_read_only(mode)?;
            let other = self.shared().record(name)?;
            // An anonymous volume goes with the last of those who share it.
            mounts.extend(other.mounts.iter().cloned().map(|mut point| {
                point.copy_up = false;
                point.rw &= !read_only;
                point
            }));
        }
        Ok(mounts)
    }

    /// Volumes that do not exist are made and listed in `made`; bind sources are looked at.
    async fn resolve_mounts(
        &self,
        id: &ContainerId,
        wanted: Vec<WantedMount>,
        made: &mut Vec<VolumeName>,
    ) -> Result<Vec<MountPoint>> {
        let mut mounts = vec![];
        for mount in wanted {
            mounts.push(match mount.point.kind {
                MountKind::Volume => self.resolve_volume(id, mount, made).await?,
                MountKind::Bind => self.resolve_bind(mount).await?,
                MountKind::Tmpfs => mount.point,
            });
        }
        Ok(mounts)
    }

    async fn resolve_volume(
        &self,
        id: &ContainerId,
        mount: WantedMount,
        made: &mut Vec<VolumeName>,
    ) -> Result<MountPoint> {
        let mut point = mount.point;
        let spec = VolumeSpec {
            name: point.name.clone(),
            driver: point.driver.clone().unwrap_or_default(),
            options: mount.options,
            labels: mount.labels,
        };
        let (volume, is_new) = self.shared().volumes.claim(spec, id).await?;
        if is_new {
            made.push(volume.name.clone());
        }
        point.source.clone_from(&volume.mountpoint);
        point.name = Some(volume.name.to_string());
        Ok(point)
    }

    async fn resolve_bind(&self, mount: WantedMount) -> Result<MountPoint> {
        let host = &self.shared().drivers.host;
        let source = &mount.point.source;
        if host.path_kind(source).await?.is_none() {
            if !mount.create_source {
                return Err(Error::InvalidParameter(format!(
                    "invalid mount config for type \"bind\": bind source path does not exist: {}",
                    source.display()
                )));
            }
            host.create_directory(source).await?;
            debug_assert_eq!(host.path_kind(source).await?, Some(PathKind::Directory));
        }
        Ok(mount.point)
    }
}

/// The record of a new container, and the name that was asked for. Pure.
fn plan_record(
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
fn shares_host_name(host: &HostConfig) -> bool {
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

fn warnings(host: &HostConfig, image: &ImageRecord) -> Vec<String> {
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
