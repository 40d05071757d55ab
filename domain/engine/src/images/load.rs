//! Loading images from archives.

use std::sync::Arc;

use palan_contracts::{ByteReader, ProgressSink};
use palan_model::Reference;

use super::{ImageProgress, ImageProgressSink, Images};
use crate::Result;

impl Images {
    /// Reads a docker-archive or OCI archive and returns a line for each image, for example
    /// `Loaded image: busybox:latest`.
    ///
    /// # Errors
    /// Malformed or hostile archives, or the store's. Nothing of the failed archive is kept.
    pub async fn load(
        &self,
        archive: ByteReader,
        progress: ImageProgressSink,
    ) -> Result<Vec<String>> {
        let loaded = self.load_archive(archive, progress).await;
        if loaded.is_err() {
            self.collect().await?;
        }
        loaded
    }

    async fn load_archive(
        &self,
        archive: ByteReader,
        progress: ImageProgressSink,
    ) -> Result<Vec<String>> {
        let _guard = self.bring_in().await;
        let images = self.0.layers.load(archive, forward(progress)).await?;
        let mut lines = vec![];
        for image in images {
            let tags = image.tags.clone();
            let record = self
                .record(image.config, image.manifest, image.layers, image.tags)
                .await?;
            let id = record.id.to_string();
            for tag in &tags {
                self.event("tag", &id, &tag.familiar());
            }
            if tags.is_empty() {
                lines.push(format!("Loaded image ID: {id}"));
            }
            lines.extend(
                tags.iter()
                    .map(|tag| format!("Loaded image: {}", tag.familiar())),
            );
            self.event(
                "load",
                &id,
                &tags.first().map_or(id.clone(), Reference::familiar),
            );
        }
        Ok(lines)
    }
}

/// Turns a driver's progress into what clients are told.
pub(super) fn forward(progress: ImageProgressSink) -> ProgressSink {
    Arc::new(move |step: palan_contracts::Progress| {
        progress(ImageProgress {
            id: Some(step.id),
            status: step.action.to_owned(),
            current: step.current,
            total: step.total,
        });
    })
}
