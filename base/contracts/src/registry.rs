//! Registries: where images are pulled from.

use async_trait::async_trait;
use bytes::Bytes;
use palan_model::oci::Descriptor;
use palan_model::platform::Platform;
use palan_model::{Digest, Reference};

use crate::{ByteReader, Result};

/// An image found in a registry.
#[derive(Clone, Debug)]
pub struct ResolvedImage {
    /// What the reference points at: an index or a manifest. This is the image's repository digest.
    pub digest: Digest,
    /// The index document, when there was one.
    pub index: Option<Bytes>,
    /// Digest of the manifest for the platform.
    pub manifest_digest: Digest,
    /// The manifest document.
    pub manifest: Bytes,
    /// Its configuration.
    pub config: Descriptor,
    /// Its layers, lowest first.
    pub layers: Vec<Descriptor>,
}

/// A client of any registry that speaks the OCI distribution specification.
#[async_trait]
pub trait Registry: Send + Sync + 'static {
    /// Finds an image for a platform.
    ///
    /// # Errors
    /// `NotFound` for an unknown repository or tag, `NotImplemented` for an image that is there but
    /// not for the platform, `Unauthorized`,
    /// `Unavailable` when the registry cannot be reached, `InvalidParameter` for documents that are
    /// too large or malformed. The texts are Docker's.
    async fn resolve(&self, reference: &Reference, platform: &Platform) -> Result<ResolvedImage>;

    /// Reads a blob from `offset` on. The bytes are not verified here.
    async fn fetch(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        offset: u64,
    ) -> Result<ByteReader>;
}
