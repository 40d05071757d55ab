//! Unpacked layers: one directory each with its files and its description.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palan_contracts::{Progress, ProgressSink, UnpackSpec};
use palan_model::image::ImageLayer;
use palan_model::{ChainId, Digest};
use serde::{Deserialize, Serialize};

use crate::error::ImagesError;
use crate::locks::{Pin, Pinned};
use crate::pipeline::{self, Flow, Hashing};
use crate::store::{Scratch, Shared};
use crate::unpack;

/// `layer.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredLayer {
    #[serde(flatten)]
    pub layer: ImageLayer,
    /// The layer below; none for the lowest.
    pub parent: Option<ChainId>,
}

/// A layer that is unpacked but not visible.
#[derive(Debug)]
pub(crate) struct Staged {
    scratch: Scratch,
    /// Digest of the uncompressed bytes.
    pub diff_id: Digest,
    /// Bytes of its files.
    pub bytes: u64,
}

/// OCI image specification, `config.md`, "Layer ChainID".
pub(crate) fn chain_id(parent: Option<&ChainId>, diff_id: &Digest) -> ChainId {
    match parent {
        None => ChainId(diff_id.clone()),
        Some(parent) => ChainId(crate::blobs::sha256(
            format!("{parent} {diff_id}").as_bytes(),
        )),
    }
}

/// The layer, when it is there.
pub(crate) fn get(shared: &Shared, layer: &ChainId) -> Result<Option<StoredLayer>, ImagesError> {
    let path = shared.layout.layer(layer).join("layer.json");
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ImagesError::io("read", &path)(error)),
    };
    let parsed = serde_json::from_slice(&bytes);
    let name = path.display().to_string();
    parsed
        .map(Some)
        .map_err(|source| ImagesError::Document { name, source })
}

/// The layers below one that is made, kept from collection meanwhile.
struct LowerChain {
    /// Directories, topmost first.
    directories: Vec<PathBuf>,
    pins: Vec<Pin>,
}

/// A layer and all below it.
fn chain(shared: &Shared, top: Option<&ChainId>) -> Result<LowerChain, ImagesError> {
    let mut chain = LowerChain {
        directories: Vec::new(),
        pins: Vec::new(),
    };
    let mut next = top.cloned();
    while let Some(layer) = next {
        chain
            .pins
            .push(shared.pins.pin(Pinned::Layer(layer.clone())));
        let stored = get(shared, &layer)?.ok_or_else(|| ImagesError::NoLayer(layer.clone()))?;
        chain.directories.push(shared.layout.diff(&layer));
        next = stored.parent;
    }
    Ok(chain)
}

/// Unpacks a layer from a blob.
pub(crate) fn unpack(
    shared: &Arc<Shared>,
    spec: UnpackSpec,
    progress: &ProgressSink,
) -> Result<ImageLayer, ImagesError> {
    let layer = chain_id(spec.parent.as_ref(), &spec.diff_id);
    let _layer_pin = shared.pins.pin(Pinned::Layer(layer.clone()));
    let _blob_pin = shared.pins.pin(Pinned::Blob(spec.blob.clone()));
    let _lease = shared.makers.acquire_blocking(&layer);
    let blob = Some(spec.blob.clone());
    if let Some(stored) = get(shared, &layer)? {
        return Ok(ImageLayer {
            blob,
            ..stored.layer
        });
    }
    let lower = chain(shared, spec.parent.as_ref())?;
    let (file, total) = crate::blobs::open(shared, &spec.blob)?;
    let id = spec.blob.short().to_owned();
    let report = |current| {
        progress(Progress {
            id: id.clone(),
            action: "Extracting",
            current,
            total,
        });
    };
    let staged = stage(shared, file, &lower.directories, &report)?;
    staged.expect(&spec.diff_id)?;
    let layer = ImageLayer {
        chain_id: layer,
        diff_id: spec.diff_id,
        blob,
        size: staged.bytes,
    };
    let stored = StoredLayer {
        layer,
        parent: spec.parent,
    };
    staged.describe(&stored)?;
    shared.sync()?;
    staged.publish(shared, &stored.layer.chain_id)?;
    shared.sync_directory(&shared.layout.layers())?;
    Ok(stored.layer)
}

/// Unpacks an archive, compressed or not, out of sight.
pub(crate) fn stage(
    shared: &Arc<Shared>,
    source: impl Read + Send,
    lower: &[PathBuf],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Staged, ImagesError> {
    let scratch = Scratch::new(shared)?;
    let diff = diff_of(&scratch);
    let make = DirBuilder::new().mode(0o700).create(&diff);
    make.map_err(ImagesError::io("make directory", &diff))?;
    let flow = Flow {
        limits: &shared.limits,
        hashing: Hashing::Sha256,
        progress,
    };
    let (unpacked, digest) = pipeline::run(source, &flow, |chunks| {
        let (unpacked, rest) = unpack::unpack(chunks, &diff, lower, &shared.limits)?;
        rest.drain();
        Ok(unpacked)
    })?;
    let diff_id = digest.ok_or(ImagesError::Worker)?;
    Ok(Staged {
        scratch,
        diff_id,
        bytes: unpacked.bytes,
    })
}

fn diff_of(scratch: &Scratch) -> PathBuf {
    scratch.path().join("diff")
}

impl Staged {
    /// Where the files are now.
    pub(crate) fn diff(&self) -> PathBuf {
        diff_of(&self.scratch)
    }

    /// Checks the digest.
    pub(crate) fn expect(&self, diff_id: &Digest) -> Result<(), ImagesError> {
        if self.diff_id == *diff_id {
            return Ok(());
        }
        let (expected, found) = (diff_id.clone(), self.diff_id.clone());
        Err(ImagesError::WrongDiffId { expected, found })
    }

    /// Writes `layer.json` beside the files.
    pub(crate) fn describe(&self, stored: &StoredLayer) -> Result<(), ImagesError> {
        let path = self.scratch.path().join("layer.json");
        let failed = |error| ImagesError::io("write", &path)(error);
        let text = serde_json::to_vec(stored).map_err(|error| failed(error.into()))?;
        let mut file = File::create(&path).map_err(failed)?;
        file.write_all(&text).map_err(failed)
    }

    /// Makes the layer visible, unless somebody else was faster. It must be described, and synced.
    pub(crate) fn publish(&self, shared: &Shared, layer: &ChainId) -> Result<(), ImagesError> {
        let place = shared.layout.layer(layer);
        let from: &Path = self.scratch.path();
        match fs::rename(from, &place) {
            Err(_) if place.join("layer.json").exists() => Ok(()),
            renamed => renamed.map_err(ImagesError::io("publish layer", &place)),
        }
    }
}
