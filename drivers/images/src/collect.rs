//! Removes what nothing needs any more.
//!
//! A name goes to the trash by one rename, under the lock of the [pins](crate::locks::Pins), so an
//! operation that begins to need it either comes first and keeps it, or finds it gone. A crash in
//! the middle leaves some names for the next collection.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use palan_contracts::{Collected, Keep};
use palan_model::{ChainId, Digest};

use crate::error::ImagesError;
use crate::locks::Pinned;
use crate::store::Shared;

/// How long an interrupted download can be gone on with.
const RESUMABLE: Duration = Duration::from_secs(7 * 24 * 3600);

pub(crate) fn collect(shared: &Shared, keep: &Keep) -> Result<Collected, ImagesError> {
    let mut collected = Collected::default();
    for (digest, path) in named(&shared.layout.layers())? {
        let layer = ChainId(digest);
        if keep.layers.contains(&layer) {
            continue;
        }
        let size = crate::layers::get(shared, &layer).ok().flatten();
        if discard(shared, &Pinned::Layer(layer.clone()), &path)? {
            collected.bytes += size.map_or(0, |stored| stored.layer.size);
            collected.layers.push(layer);
        }
    }
    for (digest, path) in named(&shared.layout.blobs())? {
        if keep.blobs.contains(&digest) {
            continue;
        }
        let size = file_size(&path);
        if discard(shared, &Pinned::Blob(digest.clone()), &path)? {
            collected.bytes += size;
            collected.blobs.push(digest);
        }
    }
    for (digest, path) in named(&shared.layout.ingests())? {
        let size = file_size(&path);
        if is_abandoned(&path) && discard(shared, &Pinned::Blob(digest), &path)? {
            collected.bytes += size;
        }
    }
    Ok(collected)
}

fn discard(shared: &Shared, what: &Pinned, path: &Path) -> Result<bool, ImagesError> {
    let discarded = shared
        .pins
        .unless_pinned(what, || shared.trash.discard(path));
    discarded
        .unwrap_or(Ok(false))
        .map_err(ImagesError::io("discard", path))
}

/// Whether nobody has gone on with a partial download for long.
fn is_abandoned(path: &Path) -> bool {
    let modified = path.metadata().and_then(|found| found.modified());
    let age = modified.map(|modified| modified.elapsed().unwrap_or_default());
    age.is_ok_and(|age| age > RESUMABLE)
}

fn file_size(path: &Path) -> u64 {
    path.metadata().map_or(0, |found| found.len())
}

/// The names of a directory that are the digits of a digest. Others are not the store's.
fn named(directory: &Path) -> Result<Vec<(Digest, PathBuf)>, ImagesError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(ImagesError::io("read directory", directory))? {
        let entry = entry.map_err(ImagesError::io("read directory", directory))?;
        let name = entry.file_name();
        if let Ok(digest) = format!("sha256:{}", name.to_string_lossy()).parse() {
            found.push((digest, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}
