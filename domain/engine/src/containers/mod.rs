//! Containers: each is owned by one actor, reached through its mailbox, seen through its status.
//!
//! ```text
//! client --> Containers::start --> mailbox --> Actor --> Runtime, Networks, ...
//!                                                |
//! wait, inspect, list, logs <-- watch <----------+--> state store, events
//! ```
//!
//! The actor's commands are short; whatever waits (`stop` for the exit, `wait`) waits outside, on the
//! status. One file a verb.

mod actor;
mod attach;
mod create;
mod exit;
mod files;
mod health;
mod index;
mod inspect;
mod kill;
mod list;
mod logs;
mod merge;
mod mounts;
mod names;
mod pause;
mod prune;
mod reconcile;
mod remove;
mod rename;
mod resize;
mod restart;
mod run_spec;
mod sandbox;
mod start;
mod stop;
#[cfg(test)]
mod tests;
mod top;
mod validate;
mod wait;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use palan_model::container::Phase;
use palan_model::event::ObjectType;
use palan_model::mount::MountPoint;
use palan_model::{ContainerRecord, VolumeName};

pub use attach::{AttachOptions, Attachment, Ended, PendingStream};
pub use create::Created;
pub use health::{Health, HealthStatus, ProbeResult};
pub use inspect::ContainerView;
pub use list::ContainerQuery;
pub use logs::Logs;
pub use remove::RemoveOptions;
pub use stop::StopOptions;
pub use top::Top;
pub use wait::{Wait, WaitCondition, WaitOutcome};

pub(crate) use actor::Status;
pub(crate) use index::Handle;

use crate::Result;
use crate::drivers::{Drivers, EngineConfig};
use crate::events::Events;
use crate::execs::ExecTable;
use crate::images::Images;
use crate::networks::Networks;
use crate::records::Records;
use crate::volumes::Volumes;
use index::Index;

/// What every actor needs.
pub(crate) struct Shared {
    pub drivers: Drivers,
    pub config: Arc<EngineConfig>,
    pub records: Records,
    pub images: Images,
    pub volumes: Volumes,
    pub networks: Networks,
    pub events: Events,
    pub execs: ExecTable,
    index: Mutex<Index>,
}

/// The containers of one engine.
#[derive(Clone)]
pub struct Containers(Arc<Shared>);

/// The services that containers are made of.
pub(crate) struct Services {
    pub images: Images,
    pub volumes: Volumes,
    pub networks: Networks,
    pub events: Events,
}

impl Containers {
    pub(crate) fn new(
        drivers: Drivers,
        config: Arc<EngineConfig>,
        records: Records,
        services: Services,
    ) -> Self {
        let Services {
            images,
            volumes,
            networks,
            events,
        } = services;
        Self(Arc::new(Shared {
            drivers,
            config,
            records,
            images,
            volumes,
            networks,
            events,
            execs: ExecTable::default(),
            index: Mutex::default(),
        }))
    }

    /// Removes what containers shared on the host, when none is left.
    pub(crate) async fn tidy(&self) -> Result<()> {
        let Shared {
            drivers, config, ..
        } = &*self.0;
        Ok(drivers.runtime.tidy(&config.cgroup_parent).await?)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    /// The container that a person means: identifier, name, or the beginning of an identifier.
    pub(crate) fn find(&self, name: &str) -> Result<Handle> {
        self.0.index().find(name)
    }

    pub(crate) fn phases(&self) -> Vec<Phase> {
        self.0
            .index()
            .handles()
            .map(|handle| handle.record().state.phase)
            .collect()
    }
}

impl Shared {
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().expect("no holder of this lock panics")
    }

    /// The record of another container, for those that share namespaces or volumes with it.
    fn record(&self, name: &str) -> Result<Arc<ContainerRecord>> {
        Ok(self.index().find(name)?.record())
    }

    /// Tells what happened to a container, with its labels, image and name.
    pub(crate) fn event(
        &self,
        record: &ContainerRecord,
        action: &str,
        more: impl IntoIterator<Item = (&'static str, String)>,
    ) {
        let mut attributes: BTreeMap<String, String> = record.config.labels.clone();
        attributes.insert("image".to_owned(), record.config.image.clone());
        attributes.insert("name".to_owned(), record.name.to_string());
        attributes.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
        self.events.publish(
            ObjectType::Container,
            action,
            record.id.as_str(),
            attributes,
        );
    }

    /// The compiled system call filter for processes confined like this; none when unconfined.
    async fn filter(&self, security: &run_spec::Security) -> Result<Option<PathBuf>> {
        let profile = match &security.filter {
            run_spec::Filter::Unconfined => return Ok(None),
            run_spec::Filter::Default => None,
            run_spec::Filter::Profile(json) => Some(json.as_str()),
        };
        let compiler = &self.drivers.seccomp;
        Ok(Some(
            compiler.program(profile, &security.capabilities).await?,
        ))
    }

    /// Notes in the other services what the container uses, so that it is not removed below it.
    fn hold_resources(&self, record: &ContainerRecord) {
        self.images.hold(&record.id, &record.image, &record.layers);
        for (name, _) in volumes_of(record) {
            self.volumes.hold(&name, &record.id);
        }
    }

    fn release_resources(&self, record: &ContainerRecord) {
        self.images.release(&record.id);
        self.volumes.release(&record.id);
        self.execs.forget(&record.id);
    }
}

/// The volumes that a container mounts, and where.
fn volumes_of(record: &ContainerRecord) -> impl Iterator<Item = (VolumeName, &MountPoint)> {
    record
        .mounts
        .iter()
        .filter_map(|point| Some((point.name.as_ref()?.parse().ok()?, point)))
}

/// What of a container's life is over only when its record is gone.
pub(crate) fn is_removable(phase: Phase) -> bool {
    !phase.is_alive() && phase != Phase::Restarting
}

/// Plans a process that `exec` adds to a container.
pub(crate) async fn plan_exec_process(
    shared: &Shared,
    record: &ContainerRecord,
    spec: &palan_model::ExecSpec,
) -> Result<palan_model::ProcessSpec> {
    let mut host = record.host.clone();
    host.privileged |= spec.privileged;
    let security = run_spec::parse_security(&host)?;
    let seccomp = shared.filter(&security).await?;
    Ok(run_spec::plan_exec(record, spec, &security, seccomp))
}
