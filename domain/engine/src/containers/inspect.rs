//! Everything about one container.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use palan_model::network::NetworkRecord;
use palan_model::{ContainerRecord, ExecId};

use super::Containers;
use super::health::Health;
use super::index::Handle;
use super::run_spec::log_path;
use crate::Result;

/// A container as clients see it.
#[derive(Clone, Debug)]
pub struct ContainerView {
    /// Its record.
    pub record: Arc<ContainerRecord>,
    /// None before the first run, and without a health check.
    pub health: Option<Arc<Health>>,
    /// Its image as `ps` shows it.
    pub image_name: String,
    /// Exec instances.
    pub exec_ids: Vec<ExecId>,
    /// Its directory.
    pub directory: PathBuf,
    /// Holds `resolv.conf`, `hostname` and `hosts`.
    pub files: PathBuf,
    /// Directories of its layers, lowest first.
    pub layers: Vec<PathBuf>,
    /// Its log file; empty when it keeps none.
    pub log_path: PathBuf,
    /// Bytes of the writable layer, and of that with all layers of the image.
    pub size: Option<(u64, u64)>,
    /// The networks it is attached to, by name.
    pub networks: BTreeMap<String, NetworkRecord>,
}

impl Containers {
    /// Everything about one container; its sizes only when asked, because they must be counted.
    ///
    /// # Errors
    /// When there is no such container.
    pub async fn inspect(&self, name: &str, size: bool) -> Result<ContainerView> {
        self.view(&self.find(name)?, size).await
    }

    pub(super) async fn view(&self, handle: &Handle, size: bool) -> Result<ContainerView> {
        let shared = self.shared();
        let (record, health) = {
            let status = handle.status.borrow();
            (status.record.clone(), status.health.clone())
        };
        let directory = shared.drivers.snapshots.directory(&record.id);
        let log_path = match record.host.log.driver.as_str() {
            "none" => PathBuf::new(),
            // The file exists from the first start on.
            _ if record.state.started_at.is_none() => PathBuf::new(),
            _ => log_path(&record, &directory),
        };
        let networks = record
            .networks
            .keys()
            .filter_map(|name| Some((name.clone(), shared.networks.inspect(name).ok()?.record)))
            .collect();
        let size = if size {
            Some(self.sizes(&record).await?)
        } else {
            None
        };
        Ok(ContainerView {
            image_name: shared
                .images
                .display_name(&record.config.image, &record.image),
            exec_ids: shared.execs.of(&record.id),
            layers: shared.images.layer_paths(&record.layers),
            directory,
            files: shared.drivers.snapshots.files(&record.id),
            log_path,
            size,
            networks,
            health,
            record,
        })
    }

    async fn sizes(&self, record: &ContainerRecord) -> Result<(u64, u64)> {
        let shared = self.shared();
        let writable = shared.drivers.snapshots.usage(&record.id).await?;
        let image = shared.images.find(&record.image.to_string());
        Ok((writable, writable + image.map_or(0, |image| image.size())))
    }
}
