//! Manifests and indexes: what a document is, and which entry of an index is wanted. Pure.

use palan_model::Reference;
use palan_model::oci::{Descriptor, Manifest, media_type};
use palan_model::platform::Platform;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::RegistryError;

/// Media types of documents that are understood, for the `Accept` header, best first.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1";

const SCHEMA_1: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
];
const INDEXES: [&str; 2] = [media_type::OCI_INDEX, media_type::DOCKER_LIST];
const MANIFESTS: [&str; 2] = [media_type::OCI_MANIFEST, media_type::DOCKER_MANIFEST];
/// Configurations of images. Some old registries call them plain bytes.
const CONFIGS: [&str; 4] = [
    media_type::OCI_CONFIG,
    media_type::DOCKER_CONFIG,
    "application/octet-stream",
    "",
];
const LAYERS: [&str; 2] = [
    "application/vnd.oci.image.layer.",
    "application/vnd.docker.image.rootfs.",
];

/// A parsed document.
#[derive(Debug)]
pub(crate) enum Document {
    Index(Vec<Descriptor>),
    Manifest(Manifest),
}

/// What a document says of itself. Parts are parsed when it is known what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline<'a> {
    #[serde(default)]
    schema_version: Option<u32>,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(borrow, default)]
    manifests: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    config: Option<&'a RawValue>,
    #[serde(borrow, default)]
    layers: Option<&'a RawValue>,
}

/// Finds out what a document is and parses it. A document that could be read as two different
/// things is refused (CVE-2021-41190).
pub(crate) fn parse(
    reference: &Reference,
    content_type: &str,
    bytes: &[u8],
) -> Result<Document, RegistryError> {
    let malformed = |reason: String| RegistryError::Malformed {
        reference: reference.familiar(),
        reason,
    };
    let outline: Outline = serde_json::from_slice(bytes).map_err(|e| malformed(e.to_string()))?;
    let sent = content_type.split(';').next().unwrap_or_default().trim();
    let own = outline.media_type.as_deref().unwrap_or_default();
    if outline.schema_version == Some(1) || SCHEMA_1.contains(&own) || SCHEMA_1.contains(&sent) {
        return Err(RegistryError::Schema1(reference.familiar()));
    }
    if outline.schema_version != Some(2) {
        return Err(malformed("its schemaVersion is not 2".to_owned()));
    }
    let known = |kind: &str| INDEXES.contains(&kind) || MANIFESTS.contains(&kind);
    if known(own) && known(sent) && own != sent {
        return Err(malformed(format!("it is {own}, but was sent as {sent}")));
    }
    if !own.is_empty() && !known(own) {
        return Err(RegistryError::UnsupportedMediaType(own.to_owned()));
    }
    let kind = if known(own) { own } else { sent };
    let image = outline.config.is_some() || outline.layers.is_some();
    match (outline.manifests, image) {
        (Some(_), true) => Err(malformed("it is both an index and a manifest".to_owned())),
        (Some(entries), false) if !MANIFESTS.contains(&kind) => {
            Ok(Document::Index(index(&entries)))
        }
        (None, true) if !INDEXES.contains(&kind) => {
            let manifest = serde_json::from_slice(bytes).map_err(|e| malformed(e.to_string()))?;
            checked(manifest).map(Document::Manifest)
        }
        _ => Err(malformed(
            "it is neither an index nor a manifest".to_owned(),
        )),
    }
}

/// Entries that cannot be read are for others: with digests or platforms that Palan does not know.
fn index(entries: &[&RawValue]) -> Vec<Descriptor> {
    let parsed = entries
        .iter()
        .map(|entry| serde_json::from_str(entry.get()));
    parsed.flatten().collect()
}

/// Artifacts that are no images (charts, signatures) are told by their media types.
fn checked(manifest: Manifest) -> Result<Manifest, RegistryError> {
    let config = &manifest.config.media_type;
    if !CONFIGS.contains(&config.as_str()) {
        return Err(RegistryError::UnsupportedMediaType(config.clone()));
    }
    let is_layer = |kind: &str| LAYERS.iter().any(|prefix| kind.starts_with(prefix));
    match manifest
        .layers
        .iter()
        .find(|layer| !is_layer(&layer.media_type))
    {
        Some(other) => Err(RegistryError::UnsupportedMediaType(
            other.media_type.clone(),
        )),
        None => Ok(manifest),
    }
}

/// Whether an entry of an index is an index again.
pub(crate) fn is_index(entry: &Descriptor) -> bool {
    INDEXES.contains(&entry.media_type.as_str())
}

/// Entries worth looking at, best first: the very platform, one that runs on it, indexes, and last
/// an image that does not say what it runs on.
pub(crate) fn candidates<'a>(
    entries: &'a [Descriptor],
    platform: &Platform,
) -> Vec<&'a Descriptor> {
    let rank = |entry: &Descriptor| match &entry.platform {
        Some(other) if other == platform => Some(0),
        Some(other) if platform.accepts(other) => Some(if is_index(entry) { 2 } else { 1 }),
        Some(_) => None,
        None => Some(if is_index(entry) { 2 } else { 3 }),
    };
    let mut ranked: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((rank(entry)?, entry)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

#[cfg(test)]
mod tests;
