//! Images: their records and names, and how they come and go.
//!
//! The index in memory mirrors the records in the state store. It is changed by one writer at a
//! time, store first, so that both always agree. Blobs and layers that no record names are collected
//! when nothing is being brought in.

mod builtin;
mod history;
mod import;
mod index;
mod list;
mod load;
mod pattern;
mod prune;
mod pull;
mod remove;
mod tag;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use palan_contracts::{Clock, ContentStore, Keep, LayerStore, Registry, Table};
use palan_model::event::ObjectType;
use palan_model::image_config::parse_image_config;
use palan_model::{ChainId, ContainerId, Digest, ImageId, ImageRecord, Reference};
use tokio::sync::{RwLock, RwLockReadGuard};

pub use builtin::BuiltinImage;
pub use history::HistoryLine;
pub use import::ImportSpec;
pub use list::{ImageQuery, ImageView};
pub use prune::PrunedImages;
pub use remove::{Removal, RemoveImage};

use crate::drivers::Drivers;
use crate::events::Events;
use crate::records::Records;
use crate::{Error, Result};
use index::Index;

/// Largest image configuration document.
const MAX_CONFIG: u64 = 8 << 20;

/// Something to tell the client that waits for a pull or load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageProgress {
    /// The layer's short digest, or what else the line is about.
    pub id: Option<String>,
    /// Docker's words, for example `Pull complete`.
    pub status: String,
    /// Bytes done; 0 with `total` 0 for lines without a bar.
    pub current: u64,
    /// Bytes in all; 0 when unknown.
    pub total: u64,
}

/// Tells the client a line without a bar.
fn say(sink: &ImageProgressSink, id: Option<String>, status: String) {
    sink(ImageProgress {
        id,
        status,
        current: 0,
        total: 0,
    });
}

/// Receives what to tell the client.
pub type ImageProgressSink = Arc<dyn Fn(ImageProgress) + Send + Sync>;

/// A container's claim on an image.
struct Use {
    image: ImageId,
    layers: Vec<ChainId>,
    running: bool,
}

struct Inner {
    index: Mutex<Index>,
    users: Mutex<BTreeMap<ContainerId, Use>>,
    /// Serialises changes of the index with their storing.
    writer: tokio::sync::Mutex<()>,
    /// Read by operations that bring content in, written by the collection.
    ingest: RwLock<()>,
    content: Arc<dyn ContentStore>,
    layers: Arc<dyn LayerStore>,
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
    records: Records,
    events: Events,
    builtin: Vec<BuiltinImage>,
}

/// The images of one engine.
#[derive(Clone)]
pub struct Images(Arc<Inner>);

impl Images {
    pub(crate) async fn open(
        drivers: &Drivers,
        builtin: Vec<BuiltinImage>,
        records: Records,
        events: Events,
    ) -> Result<Self> {
        let mut index = Index::default();
        for record in records.load::<ImageRecord>(Table::Images).await? {
            index.insert(Arc::new(record));
        }
        Ok(Self(Arc::new(Inner {
            index: Mutex::new(index),
            users: Mutex::default(),
            writer: tokio::sync::Mutex::default(),
            ingest: RwLock::default(),
            content: drivers.content.clone(),
            layers: drivers.layers.clone(),
            registry: drivers.registry.clone(),
            clock: drivers.clock.clone(),
            records,
            events,
            builtin,
        })))
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.0.index.lock().expect("no holder of this lock panics")
    }

    fn users(&self) -> MutexGuard<'_, BTreeMap<ContainerId, Use>> {
        self.0.users.lock().expect("no holder of this lock panics")
    }

    /// Number of images.
    #[must_use]
    pub fn count(&self) -> usize {
        self.index().iter().count()
    }

    /// One image, by name, identifier or the beginning of it.
    ///
    /// # Errors
    /// When there is none, or the beginning fits several.
    pub fn inspect(&self, name: &str) -> Result<Arc<ImageRecord>> {
        self.find(name).map_err(|error| {
            let reason = match name.parse::<Reference>() {
                Err(invalid) if !matches!(error, Error::AmbiguousImage(_)) => invalid.to_string(),
                _ => error.to_string(),
            };
            Error::NotFound(format!("no such image: {name}: {reason}"))
        })
    }

    /// One image, as [`Images::inspect`] finds it, with a shorter word when there is none.
    pub(crate) fn find(&self, name: &str) -> Result<Arc<ImageRecord>> {
        self.index().find(name)
    }

    /// The name under which `ps` shows a container's image: as asked, when it still means that image.
    pub(crate) fn display_name(&self, asked: &str, image: &ImageId) -> String {
        match self.index().find(asked) {
            Ok(record) if record.id == *image => asked.to_owned(),
            _ => image.to_string(),
        }
    }

    /// The image's configuration document, byte for byte.
    ///
    /// # Errors
    /// The store's.
    pub async fn document(&self, image: &ImageId) -> Result<bytes::Bytes> {
        Ok(self.0.content.read(&image.0, MAX_CONFIG).await?)
    }

    /// Directories of an image's layers, lowest first.
    #[must_use]
    pub fn layer_paths(&self, layers: &[ChainId]) -> Vec<std::path::PathBuf> {
        layers
            .iter()
            .map(|layer| self.0.layers.path(layer))
            .collect()
    }

    /// One image, for a container that is about to be made from it: from now on its layers stay. Waits
    /// for a removal that is under way.
    pub(crate) async fn claim(
        &self,
        name: &str,
        container: &ContainerId,
    ) -> Result<Arc<ImageRecord>> {
        let _writer = self.0.writer.lock().await;
        let record = self.find(name)?;
        let layers = record.layers.iter();
        let layers: Vec<_> = layers.map(|layer| layer.chain_id.clone()).collect();
        self.hold(container, &record.id, &layers);
        Ok(record)
    }

    /// A container was made from the image.
    pub(crate) fn hold(&self, container: &ContainerId, image: &ImageId, layers: &[ChainId]) {
        let held = Use {
            image: image.clone(),
            layers: layers.to_vec(),
            running: false,
        };
        self.users().insert(container.clone(), held);
    }

    /// The container runs or no longer runs.
    pub(crate) fn set_running(&self, container: &ContainerId, running: bool) {
        if let Some(held) = self.users().get_mut(container) {
            held.running = running;
        }
    }

    /// The container is gone.
    pub(crate) fn release(&self, container: &ContainerId) {
        self.users().remove(container);
    }

    /// Keeps the collection away while content comes in that no record names yet.
    async fn bring_in(&self) -> RwLockReadGuard<'_, ()> {
        self.0.ingest.read().await
    }

    /// Removes blobs and layers that no image and no container uses, unless something is being
    /// brought in: then the next collection does it.
    pub(crate) async fn collect(&self) -> Result<u64> {
        let Ok(_guard) = self.0.ingest.try_write() else {
            return Ok(0);
        };
        Ok(self.0.content.collect(self.keep()).await?.bytes)
    }

    fn keep(&self) -> Keep {
        let mut keep = Keep::default();
        for record in self.index().iter() {
            keep.blobs.insert(record.id.0.clone());
            keep.blobs.extend(record.manifest.clone());
            for layer in &record.layers {
                keep.layers.insert(layer.chain_id.clone());
                keep.blobs.extend(layer.blob.clone());
            }
        }
        for held in self.users().values() {
            keep.layers.extend(held.layers.iter().cloned());
        }
        keep
    }

    /// Records an image whose content is in the store, and gives it names; those names leave the
    /// images that had them.
    async fn record(
        &self,
        config: Digest,
        manifest: Option<Digest>,
        layers: Vec<palan_model::image::ImageLayer>,
        names: Vec<Reference>,
    ) -> Result<Arc<ImageRecord>> {
        let document = self.0.content.read(&config, MAX_CONFIG).await?;
        let parsed = parse_image_config(&document)
            .map_err(|error| Error::InvalidParameter(format!("image {config}: {error}")))?;
        let _writer = self.0.writer.lock().await;
        let known = self.index().get(&ImageId(config.clone()));
        let mut record = match known {
            Some(known) => (*known).clone(),
            None => ImageRecord {
                id: ImageId(config),
                manifest: None,
                tags: vec![],
                digests: vec![],
                created: parsed.created,
                last_tagged: None,
                author: parsed.author,
                comment: parsed.comment,
                architecture: parsed.architecture,
                variant: parsed.variant,
                os: parsed.os,
                config: parsed.config,
                layers,
                history: parsed.history,
            },
        };
        record.manifest = manifest.or(record.manifest);
        self.name(record, names).await
    }

    /// Stores the record with more names. The caller holds the writer's lock.
    async fn name(
        &self,
        mut record: ImageRecord,
        names: Vec<Reference>,
    ) -> Result<Arc<ImageRecord>> {
        let mut changed = self.index().without_names(&names, &record.id);
        if names
            .iter()
            .any(|name| name.tag().is_some() && !record.tags.contains(name))
        {
            record.last_tagged = Some(self.0.clock.now());
        }
        for name in names {
            let list = if name.tag().is_some() {
                &mut record.tags
            } else {
                &mut record.digests
            };
            if !list.contains(&name) {
                list.push(name);
                list.sort();
            }
        }
        changed.push(record);
        let id = changed.last().expect("one was pushed").id.clone();
        self.store(changed, vec![]).await?;
        self.index()
            .get(&id)
            .ok_or_else(|| Error::NoSuchImage(id.to_string()))
    }

    /// Writes records to the store, then to the index. The caller holds the writer's lock.
    async fn store(&self, changed: Vec<ImageRecord>, removed: Vec<ImageId>) -> Result<()> {
        self.0
            .records
            .replace(
                Table::Images,
                changed.iter().map(|record| (record.id.0.as_str(), record)),
                removed.iter().map(|id| id.0.as_str()),
            )
            .await?;
        let mut index = self.index();
        for id in &removed {
            index.remove(id);
        }
        for record in changed {
            index.insert(Arc::new(record));
        }
        Ok(())
    }

    fn event(&self, action: &str, id: &str, name: &str) {
        let record = self.index().find(id).ok();
        self.publish(record.as_deref(), action, id, name);
    }

    /// An event of an image that may be gone already.
    fn event_of(&self, record: &ImageRecord, action: &str, id: &str, name: &str) {
        self.publish(Some(record), action, id, name);
    }

    fn publish(&self, record: Option<&ImageRecord>, action: &str, id: &str, name: &str) {
        let config = record.and_then(|record| record.config.as_ref());
        let mut attributes = config
            .map(|config| config.labels.clone())
            .unwrap_or_default();
        attributes.insert("name".to_owned(), name.to_owned());
        self.0
            .events
            .publish(ObjectType::Image, action, id, attributes);
    }
}
