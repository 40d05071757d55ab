//! Where everything is below the data root.

use std::path::{Path, PathBuf};

use palan_model::{ChainId, Digest};

/// Paths of the image store; see the crate's page.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs/sha256")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }

    pub(crate) fn ingests(&self) -> PathBuf {
        self.root.join("ingest")
    }

    pub(crate) fn ingest(&self, digest: &Digest) -> PathBuf {
        self.ingests().join(digest.hex())
    }

    pub(crate) fn layers(&self) -> PathBuf {
        self.root.join("layers")
    }

    pub(crate) fn layer(&self, layer: &ChainId) -> PathBuf {
        self.layers().join(layer.0.hex())
    }

    /// The layer's files.
    pub(crate) fn diff(&self, layer: &ChainId) -> PathBuf {
        self.layer(layer).join("diff")
    }

    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn trash(&self) -> PathBuf {
        self.root.join("trash/images")
    }
}
