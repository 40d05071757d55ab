//! OCI archive: an image layout in a tar (OCI image specification, `image-layout.md`).

use palan_model::oci::{Descriptor, Index, Manifest, media_type};
use palan_model::platform::Platform;
use serde_json::Value;

use super::spool::Spool;
use super::{PlannedImage, assemble, names};
use crate::error::ImagesError;

/// Indexes in indexes.
const MAX_DEPTH: u32 = 4;
/// Marks what BuildKit says about an image and is not one.
const ATTESTATION: &str = "vnd.docker.reference.type";

/// All images of the archive; of an image for several platforms, the one for this host.
pub(super) fn plan(spool: &Spool) -> Result<Vec<PlannedImage>, ImagesError> {
    let index: Index = spool.json(spool.file("index.json")?)?;
    let host = Platform::host();
    let mut images: Vec<PlannedImage> = Vec::new();
    for descriptor in index
        .manifests
        .iter()
        .filter(|found| is_wanted(found, &host))
    {
        let Some(mut image) = plan_descriptor(spool, descriptor, &host, 0)? else {
            continue;
        };
        let name = names::of(descriptor);
        match images
            .iter_mut()
            .find(|known| known.manifest == image.manifest)
        {
            Some(known) => known.tags.extend(name),
            None => {
                image.tags.extend(name);
                images.push(image);
            }
        }
    }
    if images.is_empty() {
        return Err(ImagesError::NoPlatform(format!(
            "{}/{}",
            host.os, host.architecture
        )));
    }
    Ok(images)
}

fn is_wanted(descriptor: &Descriptor, host: &Platform) -> bool {
    let runs = descriptor
        .platform
        .as_ref()
        .is_none_or(|platform| host.accepts(platform));
    runs && !descriptor.annotations.contains_key(ATTESTATION)
}

/// None for what is not an image.
fn plan_descriptor(
    spool: &Spool,
    descriptor: &Descriptor,
    host: &Platform,
    depth: u32,
) -> Result<Option<PlannedImage>, ImagesError> {
    if depth > MAX_DEPTH {
        return Err(ImagesError::Nesting);
    }
    let file = spool.blob(&descriptor.digest)?;
    let document: Value = spool.json(file)?;
    if document.get("manifests").is_none() {
        return plan_manifest(spool, descriptor);
    }
    let index: Index = spool.json(file)?;
    for inner in index
        .manifests
        .iter()
        .filter(|found| is_wanted(found, host))
    {
        if let Some(image) = plan_descriptor(spool, inner, host, depth + 1)? {
            return Ok(Some(image));
        }
    }
    match depth {
        0 => Err(ImagesError::NoPlatform(format!(
            "{}/{}",
            host.os, host.architecture
        ))),
        _ => Ok(None),
    }
}

fn plan_manifest(
    spool: &Spool,
    descriptor: &Descriptor,
) -> Result<Option<PlannedImage>, ImagesError> {
    let file = spool.blob(&descriptor.digest)?.clone();
    let manifest: Manifest = spool.json(&file)?;
    let image_configs = [media_type::OCI_CONFIG, media_type::DOCKER_CONFIG];
    if !image_configs.contains(&manifest.config.media_type.as_str()) {
        return Ok(None);
    }
    let config = spool.blob(&manifest.config.digest)?.clone();
    let layers = manifest
        .layers
        .iter()
        .map(|layer| spool.blob(&layer.digest).cloned());
    let layers = layers.collect::<Result<_, _>>()?;
    assemble(spool, config, Some(file), layers).map(Some)
}
