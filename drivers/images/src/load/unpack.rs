//! Unpacks the layers of planned images, each once, and makes the whole visible at the end.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use palan_contracts::{Progress, ProgressSink};
use palan_model::image::ImageLayer;
use palan_model::{ChainId, Digest};

use super::spool::{Spool, Spooled};
use super::{PlannedImage, PlannedLayer};
use crate::compression::Compression;
use crate::error::ImagesError;
use crate::layers::{Staged, StoredLayer, chain_id, get, stage};
use crate::locks::{Pin, Pinned};
use crate::store::Shared;

/// The work on one archive.
pub(super) struct Unpacking<'a> {
    shared: &'a Arc<Shared>,
    spool: &'a Spool,
    progress: &'a ProgressSink,
    /// In the order in which they were unpacked, parents first.
    staged: Vec<(Staged, StoredLayer)>,
    /// Files that become blobs.
    kept: Vec<Spooled>,
    /// How often each layer's file is still to be looked at.
    uses: HashMap<Digest, usize>,
    pins: Vec<Pin>,
}

/// A layer and where its files are for now.
struct Ready {
    layer: ImageLayer,
    directory: PathBuf,
}

impl<'a> Unpacking<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        spool: &'a Spool,
        images: &[PlannedImage],
        progress: &'a ProgressSink,
    ) -> Self {
        let mut uses = HashMap::new();
        for layer in images.iter().flat_map(|image| &image.layers) {
            *uses.entry(layer.file.digest.clone()).or_default() += 1;
        }
        let (staged, kept, pins) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            shared,
            spool,
            progress,
            staged,
            kept,
            uses,
            pins,
        }
    }

    /// All layers of an image, lowest first.
    pub(super) fn image(&mut self, image: &PlannedImage) -> Result<Vec<ImageLayer>, ImagesError> {
        let mut layers: Vec<ImageLayer> = Vec::new();
        let mut lower: Vec<PathBuf> = Vec::new();
        for planned in &image.layers {
            let parent = layers.last().map(|layer| layer.chain_id.clone());
            let mut ready = self.layer(planned, parent, &lower)?;
            ready.layer.blob = self.done_with(planned)?;
            lower.insert(0, ready.directory);
            layers.push(ready.layer);
        }
        Ok(layers)
    }

    fn layer(
        &mut self,
        planned: &PlannedLayer,
        parent: Option<ChainId>,
        lower: &[PathBuf],
    ) -> Result<Ready, ImagesError> {
        let id = chain_id(parent.as_ref(), &planned.diff_id);
        self.pins
            .push(self.shared.pins.pin(Pinned::Layer(id.clone())));
        let same = |(_, stored): &&(Staged, StoredLayer)| stored.layer.chain_id == id;
        if let Some((staged, stored)) = self.staged.iter().find(same) {
            return Ok(Ready {
                layer: stored.layer.clone(),
                directory: staged.diff(),
            });
        }
        if let Some(stored) = get(self.shared, &id)? {
            return Ok(Ready {
                layer: stored.layer,
                directory: self.shared.layout.diff(&id),
            });
        }
        let staged = self.unpack(planned, lower)?;
        let is_compressed = planned.file.compression != Compression::None;
        let layer = ImageLayer {
            chain_id: id,
            diff_id: planned.diff_id.clone(),
            blob: is_compressed.then(|| planned.file.digest.clone()),
            size: staged.bytes,
        };
        let stored = StoredLayer {
            layer: layer.clone(),
            parent,
        };
        staged.describe(&stored)?;
        let directory = staged.diff();
        self.staged.push((staged, stored));
        Ok(Ready { layer, directory })
    }

    fn unpack(&self, planned: &PlannedLayer, lower: &[PathBuf]) -> Result<Staged, ImagesError> {
        let file = self.spool.open(&planned.file)?;
        let (id, total) = (planned.diff_id.short().to_owned(), planned.file.size);
        let report = |current| {
            let id = id.clone();
            (self.progress)(Progress {
                id,
                action: "Loading layer",
                current,
                total,
            });
        };
        let staged = stage(self.shared, file, lower, &report)?;
        staged.expect(&planned.diff_id)?;
        Ok(staged)
    }

    /// Keeps or deletes a layer's file after it was unpacked; its digest when it is kept.
    fn done_with(&mut self, planned: &PlannedLayer) -> Result<Option<Digest>, ImagesError> {
        if planned.file.compression != Compression::None {
            self.keep(planned.file.clone());
            return Ok(Some(planned.file.digest.clone()));
        }
        if let Some(uses) = self.uses.get_mut(&planned.file.digest) {
            *uses -= 1;
            if *uses == 0 {
                self.spool.remove(&planned.file)?;
            }
        }
        Ok(None)
    }

    /// Makes a file a blob at the end.
    pub(super) fn keep(&mut self, file: Spooled) {
        self.pins
            .push(self.shared.pins.pin(Pinned::Blob(file.digest.clone())));
        self.kept.push(file);
    }

    /// Shows everything, after one sync.
    pub(super) fn publish(self) -> Result<(), ImagesError> {
        self.shared.sync()?;
        for file in &self.kept {
            self.spool.publish(self.shared, file)?;
        }
        for (staged, stored) in &self.staged {
            staged.publish(self.shared, &stored.layer.chain_id)?;
        }
        self.shared.sync_directory(&self.shared.layout.blobs())?;
        self.shared.sync_directory(&self.shared.layout.layers())
    }
}
