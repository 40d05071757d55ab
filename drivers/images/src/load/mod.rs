//! Reads image archives: docker-archives and OCI archives, compressed or not, from a stream.
//!
//! ```text
//! stream -> spool: every file of the archive, hashed, in a scratch directory
//!        -> plan: which images, each a configuration, a manifest and layers (docker.rs, oci.rs)
//!        -> unpack each layer once, out of sight
//!        -> one sync, then everything appears by renames
//! ```
//!
//! Files come in any order, so they are spooled before any is understood. Compressed layers stay as
//! blobs; an uncompressed one is deleted as soon as it is unpacked.

mod docker;
mod names;
mod oci;
mod spool;
mod unpack;

use std::io::Read;
use std::sync::Arc;

use palan_contracts::{LoadedImage, ProgressSink};
use palan_model::image_config::parse_image_config;
use palan_model::{Digest, Reference};

use crate::error::ImagesError;
use crate::store::Shared;

use spool::{Spool, Spooled};
use unpack::Unpacking;

/// An image of the archive, before its layers are unpacked.
#[derive(Debug)]
struct PlannedImage {
    config: Spooled,
    manifest: Option<Spooled>,
    tags: Vec<Reference>,
    /// Lowest first.
    layers: Vec<PlannedLayer>,
}

/// A layer of a planned image.
#[derive(Clone, Debug)]
struct PlannedLayer {
    file: Spooled,
    diff_id: Digest,
}

/// Loads all images of an archive that this host can run.
pub(crate) fn load(
    shared: &Arc<Shared>,
    archive: impl Read + Send,
    progress: &ProgressSink,
) -> Result<Vec<LoadedImage>, ImagesError> {
    let spool = spool::spool(shared, archive)?;
    let images = plan(&spool)?;
    let mut unpacking = Unpacking::new(shared, &spool, &images, progress);
    let mut loaded = Vec::new();
    for image in images {
        let layers = unpacking.image(&image)?;
        loaded.push(LoadedImage {
            config: image.config.digest.clone(),
            manifest: image.manifest.as_ref().map(|file| file.digest.clone()),
            tags: image.tags,
            layers,
        });
        unpacking.keep(image.config);
        image
            .manifest
            .into_iter()
            .for_each(|file| unpacking.keep(file));
    }
    unpacking.publish()?;
    Ok(loaded)
}

/// New docker-archives are OCI archives too: those say more.
fn plan(spool: &Spool) -> Result<Vec<PlannedImage>, ImagesError> {
    if spool.has("index.json") && spool.has("oci-layout") {
        oci::plan(spool)
    } else if spool.has("manifest.json") {
        docker::plan(spool)
    } else {
        Err(ImagesError::NotAnImage)
    }
}

/// Puts an image together from its files.
fn assemble(
    spool: &Spool,
    config: Spooled,
    manifest: Option<Spooled>,
    layers: Vec<Spooled>,
) -> Result<PlannedImage, ImagesError> {
    let bytes = spool.document(&config)?;
    let parsed = parse_image_config(&bytes);
    let name = config.digest.to_string();
    let diff_ids = parsed
        .map_err(|source| ImagesError::Config { name, source })?
        .diff_ids;
    if diff_ids.len() != layers.len() {
        let (layers, diff_ids) = (layers.len(), diff_ids.len());
        return Err(ImagesError::LayerCount {
            config: config.digest,
            layers,
            diff_ids,
        });
    }
    let layers = layers.into_iter().zip(diff_ids);
    let layers = layers
        .map(|(file, diff_id)| PlannedLayer { file, diff_id })
        .collect();
    Ok(PlannedImage {
        config,
        manifest,
        tags: Vec::new(),
        layers,
    })
}
