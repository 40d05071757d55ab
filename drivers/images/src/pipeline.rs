//! Decompresses and hashes on one thread while another reads the result.
//!
//! ```text
//! source -> count -> decompress -> sha256 -> (bounded queue of chunks) -> reader
//! ```

use std::io::{self, BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use palan_model::Digest;
use sha2::{Digest as _, Sha256};

use crate::compression::{Compression, Decoder};
use crate::error::ImagesError;
use crate::limits::Limits;

const CHUNK: usize = 256 << 10;
const QUEUE: usize = 4;

/// Bytes of the source between two reports of progress.
const REPORT: u64 = 512 << 10;

/// How a stream is read.
pub(crate) struct Flow<'a> {
    pub limits: &'a Limits,
    pub hashing: Hashing,
    /// Told now and then how many bytes of the source are read.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

/// Whether the digest of the uncompressed bytes is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hashing {
    Sha256,
    Nothing,
}

/// The reading end.
pub(crate) struct Chunks {
    full: Receiver<Vec<u8>>,
    empty: Sender<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
}

/// Runs `consume` over the uncompressed bytes of `source` and returns its result with their
/// digest, when that is wanted. `consume` must read to the end: what it leaves stops the pipeline.
pub(crate) fn run<T: Send>(
    source: impl Read + Send,
    flow: &Flow<'_>,
    consume: impl FnOnce(Chunks) -> Result<T, ImagesError> + Send,
) -> Result<(T, Option<Digest>), ImagesError> {
    let (full_in, full) = sync_channel(QUEUE);
    let (empty, empty_out) = channel();
    let chunks = Chunks {
        full,
        empty,
        chunk: Vec::new(),
        at: 0,
    };
    let (produced, consumed) = thread::scope(|scope| {
        let consumer = thread::Builder::new()
            .name("untar".to_owned())
            .spawn_scoped(scope, || consume(chunks))
            .map_err(ImagesError::Source);
        let produce = || produce(source, flow, full_in, &empty_out);
        let produced = catch_unwind(AssertUnwindSafe(produce));
        (produced, consumer.map(thread::ScopedJoinHandle::join))
    });
    let consumed = consumed?.map_err(|_| ImagesError::Worker)?;
    // Damaged input shows at the consumer as a truncated archive: the producer knows better.
    let digest = match produced.map_err(|_| ImagesError::Worker)? {
        Ok(digest) => digest,
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::ReaderGone) => return Err(consumed.err().unwrap_or(ImagesError::Worker)),
    };
    Ok((consumed?, digest))
}

enum Stop {
    Failed(ImagesError),
    ReaderGone,
}

fn produce(
    source: impl Read,
    flow: &Flow<'_>,
    full: SyncSender<Vec<u8>>,
    empty: &Receiver<Vec<u8>>,
) -> Result<Option<Digest>, Stop> {
    let source_failed = |error| Stop::Failed(ImagesError::Source(error));
    let read = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        source,
        read: read.clone(),
    };
    let mut decoder = Decoder::new(counted).map_err(source_failed)?;
    let mut hash = (flow.hashing == Hashing::Sha256).then(Sha256::new);
    let (mut bytes, mut reported) = (0, 0);
    loop {
        let mut chunk = empty.try_recv().unwrap_or_default();
        if fill(&mut decoder, &mut chunk).map_err(Stop::Failed)? == 0 {
            break;
        }
        bytes += chunk.len() as u64;
        let source_bytes = read.load(Ordering::Relaxed);
        check(bytes, source_bytes, flow.limits).map_err(Stop::Failed)?;
        if source_bytes >= reported + REPORT {
            reported = source_bytes;
            (flow.progress)(reported);
        }
        if let Some(hash) = &mut hash {
            hash.update(&chunk);
        }
        full.send(chunk).map_err(|_| Stop::ReaderGone)?;
    }
    decoder.drain().map_err(source_failed)?;
    (flow.progress)(read.load(Ordering::Relaxed));
    Ok(hash.map(|hash| Digest::from_sha256(&hash.finalize().into())))
}

/// Fills a chunk as far as the source goes.
fn fill<R: Read>(decoder: &mut Decoder<R>, chunk: &mut Vec<u8>) -> Result<usize, ImagesError> {
    chunk.resize(CHUNK, 0);
    let mut filled = 0;
    while filled < CHUNK {
        match decoder.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if decoder.compression() == Compression::None => {
                return Err(ImagesError::Source(error));
            }
            Err(error) => return Err(damaged_or_source(error)),
        }
    }
    chunk.truncate(filled);
    Ok(filled)
}

fn damaged_or_source(error: io::Error) -> ImagesError {
    if crate::error::is_malformed(&error) {
        ImagesError::Compression(error)
    } else {
        ImagesError::Source(error)
    }
}

fn check(bytes: u64, read: u64, limits: &Limits) -> Result<(), ImagesError> {
    if bytes > limits.bytes {
        return Err(ImagesError::Limit {
            what: "size in bytes",
            limit: limits.bytes,
        });
    }
    if bytes > limits.ratio_from && bytes / read.max(1) > limits.ratio {
        return Err(ImagesError::Limit {
            what: "compression ratio",
            limit: limits.ratio,
        });
    }
    Ok(())
}

struct Counted<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Chunks {
    /// Takes what is left, so that all of it is hashed.
    pub(crate) fn drain(self) {
        for chunk in &self.full {
            let _ = self.empty.send(chunk);
        }
    }
}

impl BufRead for Chunks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() {
            // A queue without a sender is the end, or a failure that the producer reports.
            let next = self.full.recv().unwrap_or_default();
            let _ = self.empty.send(std::mem::replace(&mut self.chunk, next));
            self.at = 0;
        }
        Ok(&self.chunk[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at = (self.at + count).min(self.chunk.len());
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}
