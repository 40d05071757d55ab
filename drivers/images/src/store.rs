//! The store's handle: what all its operations share.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use palan_contracts::{
    BlobWriter, ByteReader, Collected, ContentStore, Keep, LayerStore, LoadedImage, ProgressSink,
    Result, UnpackSpec,
};
use palan_model::image::ImageLayer;
use palan_model::{ChainId, Digest};
use palan_trash::Trash;

use crate::error::ImagesError;
use crate::layout::Layout;
use crate::limits::Limits;
use crate::locks::{Locks, Pins};

/// Images below one data root, which must belong to this process alone. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ImageStore {
    shared: Arc<Shared>,
}

/// What the operations share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub layout: Layout,
    pub limits: Limits,
    pub trash: Trash,
    /// Who writes which blob.
    pub writers: Locks<Digest>,
    /// Who makes which layer.
    pub makers: Locks<ChainId>,
    /// What an operation under way needs.
    pub pins: Pins,
    next: AtomicU64,
}

impl ImageStore {
    /// Opens the store, making its directories when needed. What a dead process left unfinished
    /// goes to the trash; partial downloads stay.
    ///
    /// # Errors
    /// When the directories cannot be made or read.
    pub fn open(data_root: &Path) -> std::result::Result<Self, ImagesError> {
        Self::open_with(data_root, Limits::default())
    }

    /// Like [`open`](Self::open), with other bounds on foreign archives.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(data_root: &Path, limits: Limits) -> std::result::Result<Self, ImagesError> {
        let layout = Layout::new(data_root);
        for directory in [
            layout.blobs(),
            layout.ingests(),
            layout.layers(),
            layout.tmp(),
        ] {
            // Images have setuid programs: other users of the host may not reach them.
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o710);
            builder
                .create(&directory)
                .map_err(ImagesError::io("make directory", &directory))?;
        }
        let place = layout.trash();
        let trash = Trash::open(place.clone()).map_err(ImagesError::io("open trash", &place))?;
        let tmp = layout.tmp();
        for left in fs::read_dir(&tmp).map_err(ImagesError::io("read directory", &tmp))? {
            let left = left
                .map_err(ImagesError::io("read directory", &tmp))?
                .path();
            trash
                .discard(&left)
                .map_err(ImagesError::io("discard", &left))?;
        }
        let shared = Shared {
            layout,
            limits,
            trash,
            writers: Locks::new(),
            makers: Locks::new(),
            pins: Pins::default(),
            next: AtomicU64::new(0),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Runs something that blocks on a thread where it may.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Shared>) -> std::result::Result<T, ImagesError> + Send + 'static,
    ) -> Result<T> {
        let shared = self.shared.clone();
        let done = tokio::task::spawn_blocking(move || work(&shared)).await;
        Ok(done.map_err(|_| ImagesError::Worker)??)
    }
}

/// A new directory for something that is being made. It goes to the trash unless it was moved away.
#[derive(Debug)]
pub(crate) struct Scratch {
    shared: Arc<Shared>,
    path: PathBuf,
}

impl Scratch {
    pub(crate) fn new(shared: &Arc<Shared>) -> std::result::Result<Self, ImagesError> {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let path = shared
            .layout
            .tmp()
            .join(format!("{}-{number}", std::process::id()));
        let mut builder = DirBuilder::new();
        builder
            .mode(0o700)
            .create(&path)
            .map_err(ImagesError::io("make directory", &path))?;
        Ok(Self {
            shared: shared.clone(),
            path,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = self.shared.trash.discard(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "failed to discard");
        }
    }
}

impl Shared {
    /// Brings everything that was written below the data root to the disk, with one call.
    pub(crate) fn sync(&self) -> std::result::Result<(), ImagesError> {
        let root = self.layout.root();
        let file = File::open(root).map_err(ImagesError::io("open", root))?;
        rustix::fs::syncfs(&file).map_err(|errno| ImagesError::io("sync", root)(errno.into()))
    }

    /// Makes renames in a directory last.
    pub(crate) fn sync_directory(&self, path: &Path) -> std::result::Result<(), ImagesError> {
        let file = File::open(path).map_err(ImagesError::io("open", path))?;
        file.sync_all().map_err(ImagesError::io("sync", path))
    }
}

#[async_trait]
impl ContentStore for ImageStore {
    async fn read(&self, digest: &Digest, limit: u64) -> Result<Bytes> {
        let digest = digest.clone();
        self.blocking(move |shared| crate::blobs::read(shared, &digest, limit))
            .await
    }

    async fn open(&self, digest: &Digest) -> Result<ByteReader> {
        let path = self.shared.layout.blob(digest);
        match tokio::fs::File::open(&path).await {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(crate::blobs::missing(digest, &path, error).into()),
        }
    }

    async fn size(&self, digest: &Digest) -> Result<Option<u64>> {
        Ok(crate::blobs::size(&self.shared, digest)?)
    }

    async fn put(&self, bytes: &[u8]) -> Result<Digest> {
        let bytes = bytes.to_vec();
        self.blocking(move |shared| crate::blobs::put(shared, &bytes))
            .await
    }

    async fn writer(&self, digest: &Digest, size: u64) -> Result<Box<dyn BlobWriter>> {
        let lease = self.shared.writers.acquire(digest).await;
        let digest = digest.clone();
        let open = move |shared: &Arc<Shared>| crate::writer::open(shared, digest, size, lease);
        Ok(Box::new(self.blocking(open).await?))
    }

    async fn collect(&self, keep: Keep) -> Result<Collected> {
        self.blocking(move |shared| crate::collect::collect(shared, &keep))
            .await
    }
}

#[async_trait]
impl LayerStore for ImageStore {
    fn chain_id(&self, parent: Option<&ChainId>, diff_id: &Digest) -> ChainId {
        crate::layers::chain_id(parent, diff_id)
    }

    fn path(&self, layer: &ChainId) -> PathBuf {
        self.shared.layout.diff(layer)
    }

    async fn get(&self, layer: &ChainId) -> Result<Option<ImageLayer>> {
        Ok(crate::layers::get(&self.shared, layer)?.map(|stored| stored.layer))
    }

    async fn unpack(&self, layer: UnpackSpec, progress: ProgressSink) -> Result<ImageLayer> {
        self.blocking(move |shared| crate::layers::unpack(shared, layer, &progress))
            .await
    }

    async fn load(&self, archive: ByteReader, progress: ProgressSink) -> Result<Vec<LoadedImage>> {
        let archive = tokio_util::io::SyncIoBridge::new(archive);
        self.blocking(move |shared| crate::load::load(shared, archive, &progress))
            .await
    }

    async fn import(&self, archive: ByteReader) -> Result<ImageLayer> {
        let archive = tokio_util::io::SyncIoBridge::new(archive);
        self.blocking(move |shared| crate::import::import(shared, archive))
            .await
    }
}
