//! A response and the reading of its body.

use std::io::{self, Read};

use serde::de::DeserializeOwned;

use super::connection::Connection;
use super::error::ClientError;
use super::head::{Framing, Head, malformed};
use super::pool::Client;
use crate::go_json;

/// Longest line that gives the size of a chunk.
const MAX_CHUNK_LINE: usize = 1024;

/// An answer whose head was read. Its body is read through [`Read`].
#[derive(Debug)]
pub struct Response<'c> {
    client: &'c Client,
    connection: Option<Connection>,
    head: Head,
    framing: Framing,
    /// Bytes left of the body, or of the current chunk.
    left: u64,
    in_chunks: bool,
}

impl<'c> Response<'c> {
    pub(super) fn new(
        client: &'c Client,
        connection: Connection,
        head: Head,
        method: &str,
    ) -> io::Result<Self> {
        let framing = head.framing(method)?;
        let left = match framing {
            Framing::Length(length) => length,
            _ => 0,
        };
        let mut response = Self {
            client,
            connection: Some(connection),
            head,
            framing,
            left,
            in_chunks: false,
        };
        if matches!(response.framing, Framing::None | Framing::Length(0)) {
            response.finish();
        }
        Ok(response)
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// Value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The whole body.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn bytes(mut self) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The whole body as a JSON document.
    ///
    /// # Errors
    /// When the connection breaks or the document does not fit.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        go_json::from_slice(&self.bytes()?)
            .map_err(|error| ClientError::Malformed(error.to_string()))
    }

    /// The body was read to its end: the connection may serve again.
    fn finish(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.framing != Framing::UntilClose
            && self.head.keeps_alive()
        {
            self.client.give_back(connection);
        }
    }

    /// Reads the line in front of a chunk, and what follows the last one.
    fn next_chunk(&mut self) -> io::Result<()> {
        let in_chunks = std::mem::replace(&mut self.in_chunks, true);
        let Some(connection) = self.connection.as_mut() else {
            return Ok(());
        };
        if in_chunks && !connection.line(MAX_CHUNK_LINE)?.is_empty() {
            return Err(malformed("chunk does not end where it should"));
        }
        let line = connection.line(MAX_CHUNK_LINE)?;
        let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(size).unwrap_or_default().trim();
        self.left = u64::from_str_radix(size, 16).map_err(|_| malformed("size of a chunk"))?;
        if self.left == 0 {
            while !connection.line(MAX_CHUNK_LINE)?.is_empty() {}
            self.finish();
        }
        Ok(())
    }
}

impl Read for Response<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.framing == Framing::Chunked && self.left == 0 {
            self.next_chunk()?;
        }
        let Some(connection) = self.connection.as_mut() else {
            return Ok(0);
        };
        let bytes = connection.fill()?;
        let mut count = bytes.len().min(buffer.len());
        if self.framing == Framing::UntilClose {
            if count == 0 {
                self.finish();
                return Ok(0);
            }
        } else {
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            count = count.min(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= count as u64;
        }
        buffer[..count].copy_from_slice(&bytes[..count]);
        connection.consume(count);
        if self.left == 0 && matches!(self.framing, Framing::Length(_)) {
            self.finish();
        }
        Ok(count)
    }
}
