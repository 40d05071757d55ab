//! Reading a blob: a stream that goes on where it was cut off.
//!
//! The size of the descriptor is the law: fewer bytes are asked for again, more are an error. The
//! digest is the reader's to verify.

use std::io;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures_util::stream::try_unfold;
use http::StatusCode;
use palan_contracts::ByteReader;
use palan_model::Reference;
use palan_model::oci::Descriptor;
use tokio_util::io::StreamReader;

use crate::error::RegistryError;
use crate::failure::Subject;
use crate::session::{Query, Sessions};
use crate::transport::Answer;

struct Download {
    sessions: Arc<Sessions>,
    reference: Reference,
    blob: Descriptor,
    /// First byte that was not handed out yet.
    offset: u64,
    /// The answer that is being read, and how many of its bytes to pass over first.
    answer: Option<(Answer, u64)>,
    /// Failures since the last byte.
    failed: u32,
}

/// Opens a blob at an offset.
pub(crate) async fn open(
    sessions: Arc<Sessions>,
    reference: Reference,
    blob: Descriptor,
    offset: u64,
) -> Result<ByteReader, RegistryError> {
    if offset > blob.size {
        return Err(RegistryError::InvalidOffset {
            digest: blob.digest,
            size: blob.size,
            offset,
        });
    }
    let mut download = Download {
        sessions,
        reference,
        blob,
        offset,
        answer: None,
        failed: 0,
    };
    if offset < download.blob.size {
        download.answer = Some(download.request().await?);
    }
    let pieces = try_unfold(download, |mut download| async move {
        match download.next().await {
            Ok(Some(bytes)) => Ok(Some((bytes, download))),
            Ok(None) => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    });
    Ok(Box::new(StreamReader::new(Box::pin(pieces))))
}

impl Download {
    /// The next bytes; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        while self.offset < self.blob.size {
            let error = match self.piece().await {
                Ok(Some(bytes)) if bytes.is_empty() => continue,
                Ok(Some(bytes)) => {
                    self.failed = 0;
                    return Ok(Some(bytes));
                }
                Ok(None) => RegistryError::Truncated {
                    digest: self.blob.digest.clone(),
                    size: self.blob.size,
                    got: self.offset,
                },
                Err(error) if error.is_transient() => error,
                Err(error) => return Err(error),
            };
            self.answer = None;
            self.failed += 1;
            self.sessions.pause(self.failed, None, error).await?;
        }
        Ok(None)
    }

    /// A piece of the present answer, or of a new one.
    async fn piece(&mut self) -> Result<Option<Bytes>, RegistryError> {
        if self.answer.is_none() {
            self.answer = Some(self.request().await?);
        }
        let (answer, skip) = self.answer.as_mut().expect("set above");
        let Some(mut bytes) = answer.chunk().await? else {
            return Ok(None);
        };
        let passed = usize::try_from(*skip)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        bytes.advance(passed);
        *skip -= passed as u64;
        if bytes.len() as u64 > self.blob.size - self.offset {
            return Err(RegistryError::Oversized {
                digest: self.blob.digest.clone(),
                size: self.blob.size,
            });
        }
        self.offset += bytes.len() as u64;
        Ok(Some(bytes))
    }

    /// Asks for the bytes from `offset` on. A registry may ignore the range: then the bytes before
    /// it are passed over.
    async fn request(&self) -> Result<(Answer, u64), RegistryError> {
        let query = Query {
            reference: &self.reference,
            path: format!("blobs/{}", self.blob.digest),
            accept: "",
            offset: self.offset,
            subject: Subject::Blob,
        };
        let answer = self.sessions.get(&query).await?;
        if answer.status != StatusCode::PARTIAL_CONTENT {
            return Ok((answer, self.offset));
        }
        match range_start(answer.header("content-range")) {
            Some(start) if start == self.offset => Ok((answer, 0)),
            _ => Err(RegistryError::WrongRange(self.blob.digest.clone())),
        }
    }
}

/// First byte of a `Content-Range: bytes 5-9/10` (RFC 9110, section 14.4).
fn range_start(header: &str) -> Option<u64> {
    let range = header.strip_prefix("bytes ")?;
    range.split('-').next()?.trim().parse().ok()
}
