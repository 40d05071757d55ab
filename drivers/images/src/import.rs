//! A plain archive of a file system becomes a layer.

use std::io::Read;
use std::sync::Arc;

use palan_model::image::ImageLayer;

use crate::error::ImagesError;
use crate::layers::{StoredLayer, chain_id, get, stage};
use crate::locks::Pinned;
use crate::store::Shared;

/// Unpacks a tar, compressed or not, straight from the stream.
pub(crate) fn import(
    shared: &Arc<Shared>,
    archive: impl Read + Send,
) -> Result<ImageLayer, ImagesError> {
    let staged = stage(shared, archive, &[], &|_| ())?;
    let layer = ImageLayer {
        chain_id: chain_id(None, &staged.diff_id),
        diff_id: staged.diff_id.clone(),
        blob: None,
        size: staged.bytes,
    };
    let _pin = shared.pins.pin(Pinned::Layer(layer.chain_id.clone()));
    if get(shared, &layer.chain_id)?.is_none() {
        let stored = StoredLayer {
            layer: layer.clone(),
            parent: None,
        };
        staged.describe(&stored)?;
        shared.sync()?;
        staged.publish(shared, &layer.chain_id)?;
        shared.sync_directory(&shared.layout.layers())?;
    }
    Ok(layer)
}
