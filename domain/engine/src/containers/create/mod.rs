//! Creating: check, take over the image's defaults, resolve mounts, reserve the name, make the
//! files, write the record. Undone when a later step fails.

mod plan;
mod resolve;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use palan_model::{
    ContainerId, ContainerName, ContainerRecord, ContainerSpec, ImageRecord, VolumeName,
};

use super::actor::Actor;
use super::index::Handle;
use super::mounts::plan_mounts;
use super::validate::validate;
use super::{Containers, names};
use crate::Result;
use crate::task::to_completion;
use plan::{plan_record, shares_host_name, warnings};

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
    pub(in crate::containers) fn adopt(
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
}
