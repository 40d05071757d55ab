//! Blobs and layers in memory. Digests are not hashes here, only names that differ.

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use palan_model::image::ImageLayer;
use palan_model::oci::Descriptor;
use palan_model::platform::Platform;
use palan_model::{ChainId, Digest, ErrorKind, Reference};
use tokio::io::AsyncReadExt;

use super::World;
use crate::{
    BlobWriter, ByteReader, Collected, ContentStore, Error, Keep, LayerStore, LoadedImage,
    ProgressSink, Registry, ResolvedImage, Result, UnpackSpec,
};

/// A name for bytes, the same for the same bytes.
fn name_of(bytes: &[u8]) -> Digest {
    let mut name = [0u8; 32];
    for (index, byte) in bytes.iter().enumerate() {
        let slot = &mut name[index % 32];
        *slot = slot.wrapping_mul(31).wrapping_add(*byte).wrapping_add(1);
    }
    Digest::from_sha256(&name)
}

fn missing(digest: &Digest) -> Error {
    Error::new(ErrorKind::NotFound, format!("no blob {digest}"))
}

#[async_trait]
impl ContentStore for World {
    async fn read(&self, digest: &Digest, _limit: u64) -> Result<Bytes> {
        let found = self.contents().blobs.get(digest).cloned();
        found.map(Bytes::from).ok_or_else(|| missing(digest))
    }

    async fn open(&self, digest: &Digest) -> Result<ByteReader> {
        let bytes = ContentStore::read(self, digest, u64::MAX).await?;
        Ok(Box::new(std::io::Cursor::new(bytes)))
    }

    async fn size(&self, digest: &Digest) -> Result<Option<u64>> {
        Ok(self
            .contents()
            .blobs
            .get(digest)
            .map(|blob| blob.len() as u64))
    }

    async fn put(&self, bytes: &[u8]) -> Result<Digest> {
        let digest = name_of(bytes);
        let (key, value) = (digest.clone(), bytes.to_vec());
        self.effect(|contents| contents.blobs.insert(key, value))
            .await;
        Ok(digest)
    }

    async fn writer(&self, digest: &Digest, _size: u64) -> Result<Box<dyn BlobWriter>> {
        Ok(Box::new(Writer {
            world: self.clone(),
            digest: digest.clone(),
            bytes: vec![],
        }))
    }

    async fn collect(&self, keep: Keep) -> Result<Collected> {
        Ok(self
            .effect(|contents| {
                let gone = |digest: &&Digest| !keep.blobs.contains(digest);
                let blobs: Vec<_> = contents.blobs.keys().filter(gone).cloned().collect();
                let layers: Vec<_> = contents
                    .layers
                    .iter()
                    .filter(|layer| !keep.layers.contains(layer))
                    .cloned()
                    .collect();
                contents
                    .blobs
                    .retain(|digest, _| keep.blobs.contains(digest));
                contents.layers.retain(|layer| keep.layers.contains(layer));
                Collected {
                    blobs,
                    layers,
                    bytes: 0,
                }
            })
            .await)
    }
}

struct Writer {
    world: World,
    digest: Digest,
    bytes: Vec<u8>,
}

#[async_trait]
impl BlobWriter for Writer {
    fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        let Self {
            world,
            digest,
            bytes,
        } = *self;
        world
            .effect(|contents| contents.blobs.insert(digest, bytes))
            .await;
        Ok(())
    }
}

#[async_trait]
impl LayerStore for World {
    fn chain_id(&self, parent: Option<&ChainId>, diff_id: &Digest) -> ChainId {
        let text = format!(
            "{}{diff_id}",
            parent.map(ToString::to_string).unwrap_or_default()
        );
        ChainId(name_of(text.as_bytes()))
    }

    fn path(&self, layer: &ChainId) -> PathBuf {
        PathBuf::from("/layers").join(layer.0.hex())
    }

    async fn get(&self, layer: &ChainId) -> Result<Option<ImageLayer>> {
        let known = self.contents().layers.contains(layer);
        Ok(known.then(|| ImageLayer {
            chain_id: layer.clone(),
            diff_id: layer.0.clone(),
            blob: None,
            size: 1,
        }))
    }

    async fn unpack(&self, layer: UnpackSpec, _progress: ProgressSink) -> Result<ImageLayer> {
        let chain_id = self.chain_id(layer.parent.as_ref(), &layer.diff_id);
        let key = chain_id.clone();
        self.effect(|contents| contents.layers.insert(key)).await;
        Ok(ImageLayer {
            chain_id,
            diff_id: layer.diff_id,
            blob: Some(layer.blob),
            size: 1,
        })
    }

    /// The archive is a configuration document: an image of one layer, named `test:latest`.
    async fn load(
        &self,
        mut archive: ByteReader,
        _progress: ProgressSink,
    ) -> Result<Vec<LoadedImage>> {
        let mut document = vec![];
        archive
            .read_to_end(&mut document)
            .await
            .map_err(|error| Error::new(ErrorKind::InvalidParameter, error))?;
        let config = self.put(&document).await?;
        let layer = self.import(Box::new(tokio::io::empty())).await?;
        let tag = "test:latest".parse().expect("a name with a tag");
        Ok(vec![LoadedImage {
            config,
            manifest: None,
            tags: vec![tag],
            layers: vec![layer],
        }])
    }

    async fn import(&self, _archive: ByteReader) -> Result<ImageLayer> {
        let diff_id = name_of(b"layer");
        let chain_id = self.chain_id(None, &diff_id);
        let key = chain_id.clone();
        self.effect(|contents| contents.layers.insert(key)).await;
        Ok(ImageLayer {
            chain_id,
            diff_id,
            blob: None,
            size: 1,
        })
    }
}

/// A registry that has nothing.
#[async_trait]
impl Registry for World {
    async fn resolve(&self, reference: &Reference, _platform: &Platform) -> Result<ResolvedImage> {
        let text = format!(
            "manifest for {} not found: manifest unknown",
            reference.familiar()
        );
        Err(Error::new(ErrorKind::NotFound, text))
    }

    async fn fetch(
        &self,
        _reference: &Reference,
        blob: &Descriptor,
        _offset: u64,
    ) -> Result<ByteReader> {
        Err(missing(&blob.digest))
    }
}
