//! Complete blobs.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use palan_model::Digest;
use sha2::{Digest as _, Sha256};

use crate::error::ImagesError;
use crate::locks::Pinned;
use crate::store::{Scratch, Shared};

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_sha256(&Sha256::digest(bytes).into())
}

/// The error of a blob that cannot be opened.
pub(crate) fn missing(digest: &Digest, path: &Path, error: io::Error) -> ImagesError {
    match error.kind() {
        io::ErrorKind::NotFound => ImagesError::NoBlob(digest.clone()),
        _ => ImagesError::io("open blob", path)(error),
    }
}

/// Opens a blob for reading; with its size.
pub(crate) fn open(shared: &Shared, digest: &Digest) -> Result<(File, u64), ImagesError> {
    let path = shared.layout.blob(digest);
    let file = File::open(&path).map_err(|error| missing(digest, &path, error))?;
    let size = file
        .metadata()
        .map_err(ImagesError::io("look up blob", &path))?
        .len();
    Ok((file, size))
}

/// The whole blob, verified.
pub(crate) fn read(shared: &Shared, digest: &Digest, limit: u64) -> Result<Bytes, ImagesError> {
    let (file, size) = open(shared, digest)?;
    if size > limit {
        return Err(ImagesError::DocumentTooLarge {
            digest: digest.clone(),
            size,
            limit,
        });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    let path = shared.layout.blob(digest);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(ImagesError::io("read blob", &path))?;
    if sha256(&bytes) != *digest {
        return Err(ImagesError::Damaged(digest.clone()));
    }
    Ok(bytes.into())
}

pub(crate) fn size(shared: &Shared, digest: &Digest) -> Result<Option<u64>, ImagesError> {
    let path = shared.layout.blob(digest);
    match fs::metadata(&path) {
        Ok(found) => Ok(Some(found.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ImagesError::io("look up blob", &path)(error)),
    }
}

/// Stores a small blob.
pub(crate) fn put(shared: &Arc<Shared>, bytes: &[u8]) -> Result<Digest, ImagesError> {
    let digest = sha256(bytes);
    let _pin = shared.pins.pin(Pinned::Blob(digest.clone()));
    if size(shared, &digest)? == Some(bytes.len() as u64) {
        return Ok(digest);
    }
    let scratch = Scratch::new(shared)?;
    let path = scratch.path().join("blob");
    let failed = |error| ImagesError::io("write blob", &path)(error);
    let mut file = File::create(&path).map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_data())
        .map_err(failed)?;
    publish(shared, &path, &digest)?;
    shared.sync_directory(&shared.layout.blobs())?;
    Ok(digest)
}

/// Makes a complete file visible as a blob.
pub(crate) fn publish(shared: &Shared, file: &Path, digest: &Digest) -> Result<(), ImagesError> {
    fs::rename(file, shared.layout.blob(digest)).map_err(ImagesError::io("publish blob", file))
}
