//! docker-archive: what `docker save` writes (Docker image specification 1.2, "Combined Image JSON
//! + Filesystem Changeset Format"), also with the layer paths of older versions.

use palan_model::Reference;
use serde::Deserialize;

use super::spool::Spool;
use super::{PlannedImage, assemble};
use crate::error::ImagesError;

/// One image of `manifest.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArchiveImage {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// All images of the archive.
pub(super) fn plan(spool: &Spool) -> Result<Vec<PlannedImage>, ImagesError> {
    let images: Vec<ArchiveImage> = spool.json(spool.file("manifest.json")?)?;
    images
        .into_iter()
        .map(|image| plan_image(spool, image))
        .collect()
}

fn plan_image(spool: &Spool, image: ArchiveImage) -> Result<PlannedImage, ImagesError> {
    let config = spool.file(&image.config)?.clone();
    let layers = image.layers.unwrap_or_default();
    let layers = layers.iter().map(|name| spool.file(name).cloned());
    let mut planned = assemble(spool, config, None, layers.collect::<Result<_, _>>()?)?;
    planned.tags = tags(&image.repo_tags.unwrap_or_default())?;
    Ok(planned)
}

fn tags(names: &[String]) -> Result<Vec<Reference>, ImagesError> {
    let parse =
        |name: &String| super::names::tagged(name).ok_or_else(|| ImagesError::Name(name.clone()));
    names.iter().map(parse).collect()
}
