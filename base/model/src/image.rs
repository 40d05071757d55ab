//! Images: configuration, layers, names.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::container::ContainerConfig;
use crate::digest::{ChainId, Digest};
use crate::reference::Reference;

/// Identifies an image: the digest of its configuration document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageId(pub Digest);

impl std::fmt::Display for ImageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One unpacked layer of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageLayer {
    /// The layer with all below it: the name of its directory.
    pub chain_id: ChainId,
    /// Digest of the uncompressed tar.
    pub diff_id: Digest,
    /// The compressed blob it came in, when that is kept.
    pub blob: Option<Digest>,
    /// Bytes of its files.
    pub size: u64,
}

/// One line of an image's history (OCI image configuration, `history`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryEntry {
    /// When, RFC 3339.
    pub created: Option<Timestamp>,
    /// The instruction.
    pub created_by: String,
    /// Who.
    pub author: String,
    /// Remark.
    pub comment: String,
    /// It made no layer.
    pub empty_layer: bool,
}

/// An image as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// Digest of the configuration document, which is a blob of the content store.
    pub id: ImageId,
    /// Manifest it was pulled or loaded with, when there was one.
    pub manifest: Option<Digest>,
    /// Tagged names, each with a tag.
    pub tags: Vec<Reference>,
    /// Names with digests under which it was pulled.
    pub digests: Vec<Reference>,
    /// From the configuration document; none when absent.
    pub created: Option<Timestamp>,
    /// When a name was last given to it here.
    pub last_tagged: Option<Timestamp>,
    /// Author.
    pub author: String,
    /// Remark.
    pub comment: String,
    /// For example `amd64`.
    pub architecture: String,
    /// For example `v8`.
    pub variant: String,
    /// `linux`.
    pub os: String,
    /// Defaults of its containers; none when the document has none.
    pub config: Option<ContainerConfig>,
    /// Layers, lowest first.
    pub layers: Vec<ImageLayer>,
    /// History, oldest first.
    pub history: Vec<HistoryEntry>,
}

impl ImageRecord {
    /// Bytes of all layers.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }
}
