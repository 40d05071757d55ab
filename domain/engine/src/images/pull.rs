//! Pulling an image: documents first, then several layers at once, unpacked in their order.
//!
//! A layer is downloaded while others are; it is unpacked as soon as all below it are. What was
//! downloaded stays when the pull fails, and the next one goes on from there.

use std::sync::Arc;

use palan_contracts::{ResolvedImage, UnpackSpec};
use palan_model::image::ImageLayer;
use palan_model::image_config::parse_image_config;
use palan_model::oci::Descriptor;
use palan_model::platform::Platform;
use palan_model::{ChainId, Digest, ErrorKind, ImageId, Reference};
use tokio::io::AsyncReadExt;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::{ImageProgress, ImageProgressSink, Images, MAX_CONFIG, say};
use crate::{Error, Result};

/// Layers downloaded at once, as Docker's default.
const DOWNLOADS: usize = 3;
/// Bytes read at once from a registry.
const CHUNK: usize = 64 << 10;
/// Bytes between two lines of progress.
const REPORT_EVERY: u64 = 512 << 10;
/// Times a broken download is continued before the pull fails.
const ATTEMPTS: u32 = 5;

/// A layer to get.
struct Wanted {
    descriptor: Descriptor,
    diff_id: Digest,
    parent: Option<ChainId>,
    chain_id: ChainId,
}

/// A layer on its way.
enum Arrival {
    Here(ImageLayer),
    Coming(oneshot::Receiver<Result<()>>),
}

/// Where one layer's lines of progress go.
#[derive(Clone)]
struct Line {
    sink: ImageProgressSink,
    id: String,
}

impl Line {
    fn say(&self, status: &str) {
        self.bar(status, 0, 0);
    }

    fn bar(&self, status: &str, current: u64, total: u64) {
        let (id, status) = (Some(self.id.clone()), status.to_owned());
        (self.sink)(ImageProgress {
            id,
            status,
            current,
            total,
        });
    }
}

impl Images {
    /// Pulls an image for a platform, this host's when none.
    ///
    /// # Errors
    /// The registry's and the store's; errors before the first line of progress have Docker's texts.
    pub async fn pull(
        &self,
        reference: Reference,
        platform: Option<Platform>,
        progress: ImageProgressSink,
    ) -> Result<()> {
        let reference = reference.with_default_tag();
        if let Some(image) = self.builtin(&reference) {
            return self.pull_builtin(image, progress).await;
        }
        let platform = platform.unwrap_or_else(Platform::host);
        let resolved = self.0.registry.resolve(&reference, &platform).await;
        // The image was found, though perhaps not for this platform.
        let found = |error: &palan_contracts::Error| error.kind() == ErrorKind::NotImplemented;
        if resolved.as_ref().err().is_none_or(found) {
            let what = match reference.tag() {
                Some(tag) if reference.digest().is_none() => tag.to_owned(),
                _ => reference.familiar(),
            };
            say(
                &progress,
                Some(what),
                format!("Pulling from {}", reference.path()),
            );
        }
        let resolved = resolved?;

        let _guard = self.bring_in().await;
        let before = self.find(&reference.to_string()).ok();
        let manifest = self.0.content.put(&resolved.manifest).await?;
        if let Some(index) = &resolved.index {
            self.0.content.put(index).await?;
        }
        let config = self.fetch_config(&reference, &resolved).await?;
        let layers = self
            .fetch_layers(&reference, &resolved, &config, &progress)
            .await?;

        let digest = reference.with_digest(resolved.digest.clone());
        let tagged = reference
            .tag()
            .map(|tag| reference.with_tag(tag))
            .transpose();
        let tagged = tagged.expect("a parsed tag is a tag");
        let names = tagged.into_iter().chain([digest]).collect();
        let record = self
            .record(
                resolved.config.digest.clone(),
                Some(manifest),
                layers,
                names,
            )
            .await?;
        self.event("pull", &reference.familiar(), &reference.familiar_name());

        say(&progress, None, format!("Digest: {}", resolved.digest));
        let outcome = match before {
            Some(before) if before.id == record.id => "Image is up to date",
            _ => "Downloaded newer image",
        };
        say(
            &progress,
            None,
            format!("Status: {outcome} for {}", reference.familiar()),
        );
        Ok(())
    }

    /// The configuration document, in the store and in hand.
    async fn fetch_config(
        &self,
        reference: &Reference,
        resolved: &ResolvedImage,
    ) -> Result<bytes::Bytes> {
        let config = &resolved.config;
        if config.size > MAX_CONFIG {
            return Err(Error::InvalidParameter(format!(
                "image configuration {} of {reference} is too large: {} bytes, at most {MAX_CONFIG}",
                config.digest, config.size
            )));
        }
        self.download(reference, config, |_| ()).await?;
        Ok(self.0.content.read(&config.digest, MAX_CONFIG).await?)
    }

    async fn fetch_layers(
        &self,
        reference: &Reference,
        resolved: &ResolvedImage,
        config: &[u8],
        progress: &ImageProgressSink,
    ) -> Result<Vec<ImageLayer>> {
        let wanted = self.plan_layers(reference, resolved, config)?;
        let lines: Vec<_> = wanted
            .iter()
            .map(|layer| Line {
                sink: progress.clone(),
                id: layer.descriptor.digest.short().to_owned(),
            })
            .collect();
        let complete = self
            .index()
            .get(&ImageId(resolved.config.digest.clone()))
            .is_some();
        let slots = Arc::new(Semaphore::new(DOWNLOADS));
        // Dropping the set, at the first error, ends the other downloads.
        let mut downloads = JoinSet::new();
        let mut arrivals = vec![];
        for (layer, line) in wanted.iter().zip(&lines) {
            let known = self.0.layers.get(&layer.chain_id).await?;
            // An image that is here already is up to date: nothing to tell of its layers.
            if !(complete && known.is_some()) {
                line.say(if known.is_some() {
                    "Already exists"
                } else {
                    "Pulling fs layer"
                });
            }
            arrivals.push(match known {
                Some(layer) => Arrival::Here(layer),
                None => {
                    let (images, line) = (self.clone(), line.clone());
                    let (reference, blob) = (reference.clone(), layer.descriptor.clone());
                    let (slots, (done, arrival)) = (slots.clone(), oneshot::channel());
                    downloads.spawn(async move {
                        let _slot = slots.acquire().await;
                        let _ = done.send(images.download_layer(&reference, &blob, &line).await);
                    });
                    Arrival::Coming(arrival)
                }
            });
        }
        let mut layers = vec![];
        for ((layer, line), arrival) in wanted.iter().zip(&lines).zip(arrivals) {
            layers.push(match arrival {
                Arrival::Here(layer) => layer,
                Arrival::Coming(arrival) => {
                    arrival.await.expect("a download ends with an answer")?;
                    self.unpack(layer, line).await?
                }
            });
        }
        Ok(layers)
    }

    fn plan_layers(
        &self,
        reference: &Reference,
        resolved: &ResolvedImage,
        config: &[u8],
    ) -> Result<Vec<Wanted>> {
        let parsed = parse_image_config(config)
            .map_err(|error| Error::InvalidParameter(format!("{reference}: {error}")))?;
        if parsed.diff_ids.len() != resolved.layers.len() {
            return Err(Error::InvalidParameter(format!(
                "{reference}: the manifest has {} layers, the configuration {}",
                resolved.layers.len(),
                parsed.diff_ids.len()
            )));
        }
        let mut parent = None;
        let layers = resolved.layers.iter().zip(parsed.diff_ids);
        Ok(layers
            .map(|(descriptor, diff_id)| {
                let chain_id = self.0.layers.chain_id(parent.as_ref(), &diff_id);
                let below = parent.replace(chain_id.clone());
                Wanted {
                    descriptor: descriptor.clone(),
                    diff_id,
                    parent: below,
                    chain_id,
                }
            })
            .collect())
    }

    async fn download_layer(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        line: &Line,
    ) -> Result<()> {
        self.download(reference, blob, |done| {
            line.bar("Downloading", done, blob.size)
        })
        .await?;
        line.say("Verifying Checksum");
        line.say("Download complete");
        Ok(())
    }

    async fn unpack(&self, layer: &Wanted, line: &Line) -> Result<ImageLayer> {
        let spec = UnpackSpec {
            blob: layer.descriptor.digest.clone(),
            diff_id: layer.diff_id.clone(),
            parent: layer.parent.clone(),
        };
        let bar = line.clone();
        let sink: palan_contracts::ProgressSink = Arc::new(move |step| {
            bar.bar("Extracting", step.current, step.total);
        });
        let unpacked = self.0.layers.unpack(spec, sink).await?;
        line.say("Pull complete");
        Ok(unpacked)
    }

    /// Brings a blob into the store, going on where an earlier download stopped.
    async fn download(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        report: impl Fn(u64),
    ) -> Result<()> {
        if self.0.content.size(&blob.digest).await? == Some(blob.size) {
            return Ok(());
        }
        let mut attempt = 1;
        loop {
            match self.download_once(reference, blob, &report).await {
                Ok(()) => return Ok(()),
                Err(error) if attempt < ATTEMPTS && is_transient(&error) => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn download_once(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        report: &impl Fn(u64),
    ) -> Result<()> {
        let mut writer = self.0.content.writer(&blob.digest, blob.size).await?;
        let mut done = writer.offset();
        let mut reported = done;
        if done < blob.size {
            let mut reader = self.0.registry.fetch(reference, blob, done).await?;
            loop {
                let mut chunk = bytes::BytesMut::with_capacity(CHUNK);
                let read = reader
                    .read_buf(&mut chunk)
                    .await
                    .map_err(|error| palan_contracts::Error::new(ErrorKind::Unavailable, error))?;
                if read == 0 {
                    break;
                }
                done += read as u64;
                writer.write(chunk.freeze()).await?;
                if done - reported >= REPORT_EVERY || done == blob.size {
                    report(done);
                    reported = done;
                }
            }
        }
        if done < blob.size {
            return Err(palan_contracts::Error::new(
                ErrorKind::Unavailable,
                format!(
                    "blob {} ended after {done} of {} bytes",
                    blob.digest, blob.size
                ),
            )
            .into());
        }
        Ok(writer.commit().await?)
    }
}

fn is_transient(error: &Error) -> bool {
    error.kind() == ErrorKind::Unavailable
}
