//! Writes one blob in pieces, going on from where an interrupted writer stopped.
//!
//! The hash of what is there already is computed again from the partial file, so nothing else has
//! to survive a crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use palan_contracts::{BlobWriter, Result};
use palan_model::Digest;
use sha2::{Digest as _, Sha256};

use crate::error::ImagesError;
use crate::locks::{Lease, Pin, Pinned};
use crate::store::Shared;

/// Bytes gathered before they are written: a thread is called for each time.
const BATCH: usize = 256 << 10;

/// A blob being written.
pub(crate) struct FileWriter {
    shared: Arc<Shared>,
    digest: Digest,
    size: u64,
    offset: u64,
    /// None while a thread writes, and when the blob was complete from the start.
    sink: Option<Sink>,
    complete: bool,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    _lease: Lease,
    _pin: Pin,
}

struct Sink {
    path: PathBuf,
    file: File,
    hash: Sha256,
}

impl Sink {
    fn append(&mut self, pieces: &[Bytes]) -> std::result::Result<(), ImagesError> {
        for piece in pieces {
            let written = self.file.write_all(piece);
            written.map_err(ImagesError::io("write blob", &self.path))?;
            self.hash.update(piece);
        }
        Ok(())
    }

    fn discard(&self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "failed to remove partial blob");
        }
    }
}

/// Opens the partial file, if any, and hashes it.
pub(crate) fn open(
    shared: &Arc<Shared>,
    digest: Digest,
    size: u64,
    lease: Lease,
) -> std::result::Result<FileWriter, ImagesError> {
    let pin = shared.pins.pin(Pinned::Blob(digest.clone()));
    let complete = crate::blobs::size(shared, &digest)? == Some(size);
    let (sink, offset) = if complete {
        (None, size)
    } else {
        let (sink, offset) = resume(shared, &digest, size)?;
        (Some(sink), offset)
    };
    Ok(FileWriter {
        shared: shared.clone(),
        digest,
        size,
        offset,
        sink,
        complete,
        waiting: Vec::new(),
        waiting_bytes: 0,
        _lease: lease,
        _pin: pin,
    })
}

fn resume(
    shared: &Shared,
    digest: &Digest,
    size: u64,
) -> std::result::Result<(Sink, u64), ImagesError> {
    let path = shared.layout.ingest(digest);
    let failed = |error| ImagesError::io("open partial blob", &path)(error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(&path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > size {
        file.set_len(0).map_err(failed)?;
    }
    let (hash, offset) = hash_file(&mut file).map_err(failed)?;
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    Ok((Sink { path, file, hash }, offset))
}

fn hash_file(file: &mut File) -> io::Result<(Sha256, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BATCH];
    let mut offset = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((hash, offset)),
            Ok(count) => {
                hash.update(&buffer[..count]);
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl FileWriter {
    async fn flush(&mut self) -> std::result::Result<(), ImagesError> {
        let pieces = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if pieces.is_empty() {
            return Ok(());
        }
        let mut sink = self.sink.take().ok_or(ImagesError::Worker)?;
        let work = move || sink.append(&pieces).map(|()| sink);
        let done = tokio::task::spawn_blocking(work).await;
        self.sink = Some(done.map_err(|_| ImagesError::Worker)??);
        Ok(())
    }

    fn wrong_size(&self, found: u64) -> ImagesError {
        ImagesError::WrongSize {
            digest: self.digest.clone(),
            expected: self.size,
            found,
        }
    }
}

#[async_trait]
impl BlobWriter for FileWriter {
    fn offset(&self) -> u64 {
        self.offset
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let end = self.offset + bytes.len() as u64;
        if end > self.size {
            return Err(self.wrong_size(end).into());
        }
        self.offset = end;
        self.waiting_bytes += bytes.len();
        self.waiting.push(bytes);
        if self.waiting_bytes >= BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<()> {
        if self.complete {
            return Ok(());
        }
        self.flush().await?;
        if self.offset != self.size {
            return Err(self.wrong_size(self.offset).into());
        }
        let sink = self.sink.take().ok_or(ImagesError::Worker)?;
        let (shared, digest) = (self.shared.clone(), self.digest.clone());
        let work = move || finish(&shared, sink, &digest);
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|_| ImagesError::Worker)??)
    }
}

fn finish(shared: &Shared, sink: Sink, digest: &Digest) -> std::result::Result<(), ImagesError> {
    let found = Digest::from_sha256(&sink.hash.clone().finalize().into());
    if found != *digest {
        sink.discard();
        return Err(ImagesError::WrongDigest {
            expected: digest.clone(),
            found,
        });
    }
    sink.file
        .sync_data()
        .map_err(ImagesError::io("sync blob", &sink.path))?;
    crate::blobs::publish(shared, &sink.path, digest)?;
    shared.sync_directory(&shared.layout.blobs())
}

/// An interrupted writer keeps what it was given.
impl Drop for FileWriter {
    fn drop(&mut self) {
        let pieces = std::mem::take(&mut self.waiting);
        if let Some(sink) = &mut self.sink
            && let Err(error) = sink.append(&pieces)
        {
            tracing::warn!(digest = %self.digest, %error, "failed to keep a partial blob");
        }
    }
}
