//! Content-addressed blobs, and layers unpacked from them.
//!
//! The store knows files only; which blobs and layers are in use is known from the engine's records
//! and told to [`ContentStore::collect`].

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use palan_model::image::ImageLayer;
use palan_model::{ChainId, Digest, Reference};

use crate::{ByteReader, Result};

/// What is being done with how many bytes. Sent often: receivers must be quick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The blob or layer, as a digest's short form or a file name.
    pub id: String,
    /// Docker's words: `Downloading`, `Extracting`, `Loading layer`.
    pub action: &'static str,
    /// Bytes done.
    pub current: u64,
    /// Bytes in all; 0 when unknown.
    pub total: u64,
}

/// Receives progress.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

/// Blobs by digest.
#[async_trait]
pub trait ContentStore: Send + Sync + 'static {
    /// The whole blob, verified, when it is at most `limit` bytes. For documents.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` beyond the limit; `DataLoss` when the bytes do not match.
    async fn read(&self, digest: &Digest, limit: u64) -> Result<Bytes>;

    /// Opens a blob for reading, unverified.
    async fn open(&self, digest: &Digest) -> Result<ByteReader>;

    /// Size of the blob in bytes; none when it is not there.
    async fn size(&self, digest: &Digest) -> Result<Option<u64>>;

    /// Stores a small blob. Idempotent.
    async fn put(&self, bytes: &[u8]) -> Result<Digest>;

    /// Goes on writing a blob, from where an earlier, interrupted writer stopped, also in another
    /// process. At most one writer a digest at a time; a second waits.
    async fn writer(&self, digest: &Digest, size: u64) -> Result<Box<dyn BlobWriter>>;

    /// Removes all blobs and layers that `keep` does not name, and partial downloads that nobody has
    /// gone on with for a week, but nothing that an operation under way is writing. Deletion of large
    /// trees goes on in the background.
    async fn collect(&self, keep: Keep) -> Result<Collected>;
}

/// Writes one blob.
#[async_trait]
pub trait BlobWriter: Send {
    /// Bytes that are already there.
    fn offset(&self) -> u64;

    /// Appends.
    async fn write(&mut self, bytes: Bytes) -> Result<()>;

    /// Verifies size and digest and makes the blob visible.
    ///
    /// # Errors
    /// `DataLoss` when the digest does not match: the partial file is removed then.
    async fn commit(self: Box<Self>) -> Result<()>;
}

/// What is in use.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    /// Blobs.
    pub blobs: BTreeSet<Digest>,
    /// Unpacked layers.
    pub layers: BTreeSet<ChainId>,
}

/// What a collection removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Blobs.
    pub blobs: Vec<Digest>,
    /// Layers.
    pub layers: Vec<ChainId>,
    /// Bytes freed, as far as they are known.
    pub bytes: u64,
}

/// A layer to unpack from a blob of the store.
#[derive(Clone, Debug)]
pub struct UnpackSpec {
    /// The blob; its compression is found out from its first bytes.
    pub blob: Digest,
    /// Digest that the uncompressed bytes must have.
    pub diff_id: Digest,
    /// The layer below; none for the lowest.
    pub parent: Option<ChainId>,
}

/// An image read from an archive: its blobs and layers are in the store.
#[derive(Clone, Debug)]
pub struct LoadedImage {
    /// Digest of the configuration document, a blob of the store.
    pub config: Digest,
    /// Digest of the manifest, a blob of the store, when the archive had one.
    pub manifest: Option<Digest>,
    /// Names it has in the archive.
    pub tags: Vec<Reference>,
    /// Layers, lowest first.
    pub layers: Vec<ImageLayer>,
}

/// Unpacked layers: one directory each, shared by all images that have it.
#[async_trait]
pub trait LayerStore: Send + Sync + 'static {
    /// The chain identifier of a layer with this content on this parent.
    fn chain_id(&self, parent: Option<&ChainId>, diff_id: &Digest) -> ChainId;

    /// The directory of a layer, whether it exists or not.
    fn path(&self, layer: &ChainId) -> PathBuf;

    /// The layer, when it is there.
    async fn get(&self, layer: &ChainId) -> Result<Option<ImageLayer>>;

    /// Unpacks a layer. Idempotent: an existing layer is returned at once. A layer that did not
    /// unpack completely is never visible.
    ///
    /// # Errors
    /// `InvalidParameter` for hostile or malformed archives, `DataLoss` for a wrong `diff_id`.
    async fn unpack(&self, layer: UnpackSpec, progress: ProgressSink) -> Result<ImageLayer>;

    /// Reads a docker-archive or an OCI archive, compressed or not, from a stream.
    async fn load(&self, archive: ByteReader, progress: ProgressSink) -> Result<Vec<LoadedImage>>;

    /// Reads a plain tar, compressed or not, as a single new layer.
    async fn import(&self, archive: ByteReader) -> Result<ImageLayer>;
}
