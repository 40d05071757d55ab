//! The stream of entries.

use std::io::BufRead;

use super::entry::{Draft, Pending};
use super::header::{Header, text};
use super::pax::Records;
use super::{BLOCK, Entry, EntryKind, MAX_METADATA, TarError};

/// Reads entries one after the other. What is left of an entry's data is skipped by the next.
pub(crate) struct Reader<R> {
    input: R,
    /// Bytes read so far.
    position: u64,
    /// Bytes of the present entry's data that are not read yet.
    pub(super) data: u64,
    /// Bytes after the data up to the next block.
    padding: u64,
    globals: Records,
}

impl<R: BufRead> Reader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            position: 0,
            data: 0,
            padding: 0,
            globals: Records::default(),
        }
    }

    /// The next entry; none at the end of the archive.
    pub(crate) fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        let mut pending = Pending::default();
        while let Some(header) = self.header()? {
            match header.kind() {
                b'x' => {
                    let mut records = self.globals.clone();
                    self.merge(&header, &mut records)?;
                    pending.records = Some(records);
                }
                b'g' => {
                    let mut records = std::mem::take(&mut self.globals);
                    self.merge(&header, &mut records)?;
                    if records.weight() > MAX_METADATA {
                        return Err(too_long(&header, records.weight()));
                    }
                    self.globals = records;
                }
                b'L' => pending.long_name = Some(self.long_text(&header)?),
                b'K' => pending.long_link = Some(self.long_text(&header)?),
                _ => return self.entry(&header, pending).map(Some),
            }
        }
        Ok(None)
    }

    /// More of the present entry's data, without copying; empty at its end.
    pub(crate) fn chunk(&mut self) -> Result<&[u8], TarError> {
        if self.data == 0 {
            return Ok(&[]);
        }
        let position = self.position;
        let chunk = self.input.fill_buf().map_err(TarError::Read)?;
        if chunk.is_empty() {
            return Err(TarError::Truncated(position));
        }
        let length = usize::try_from(self.data)
            .unwrap_or(usize::MAX)
            .min(chunk.len());
        Ok(&chunk[..length])
    }

    /// Takes `count` bytes of what [`chunk`](Self::chunk) returned.
    pub(crate) fn consume(&mut self, count: usize) {
        self.input.consume(count);
        self.position += count as u64;
        self.data -= count as u64;
    }

    /// Bytes of the present entry's data that are not read yet.
    pub(crate) fn data_left(&self) -> u64 {
        self.data
    }

    /// The rest of the input, after the last entry.
    pub(crate) fn into_input(self) -> R {
        self.input
    }

    fn header(&mut self) -> Result<Option<Header>, TarError> {
        self.skip_data()?;
        if self.input.fill_buf().map_err(TarError::Read)?.is_empty() {
            return Ok(None);
        }
        let position = self.position;
        let block = self.block()?;
        Header::parse(block, position)
    }

    fn skip_data(&mut self) -> Result<(), TarError> {
        while self.data > 0 {
            let length = self.chunk()?.len();
            self.consume(length);
        }
        self.data = std::mem::take(&mut self.padding);
        while self.data > 0 {
            let length = self.chunk()?.len();
            self.consume(length);
        }
        Ok(())
    }

    fn expect_data(&mut self, size: u64) {
        self.data = size;
        self.padding = size.next_multiple_of(BLOCK as u64).wrapping_sub(size) % BLOCK as u64;
    }

    /// The next 512 bytes, whatever they are.
    pub(super) fn block(&mut self) -> Result<[u8; BLOCK], TarError> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            let chunk = self.input.fill_buf().map_err(TarError::Read)?;
            if chunk.is_empty() {
                return Err(TarError::Truncated(self.position));
            }
            let length = chunk.len().min(BLOCK - filled);
            block[filled..filled + length].copy_from_slice(&chunk[..length]);
            self.input.consume(length);
            self.position += length as u64;
            filled += length;
        }
        Ok(block)
    }

    /// All data of an extended header.
    fn metadata(&mut self, header: &Header) -> Result<Vec<u8>, TarError> {
        let size = header.size()?;
        if size > MAX_METADATA {
            return Err(too_long(header, size));
        }
        self.expect_data(size);
        let mut bytes = Vec::new();
        while self.data > 0 {
            let chunk = self.chunk()?;
            let length = chunk.len();
            bytes.extend_from_slice(chunk);
            self.consume(length);
        }
        Ok(bytes)
    }

    fn merge(&mut self, header: &Header, records: &mut Records) -> Result<(), TarError> {
        let bytes = self.metadata(header)?;
        let malformed = || TarError::Extended(header.position());
        records.merge(&bytes).ok_or_else(malformed)
    }

    fn long_text(&mut self, header: &Header) -> Result<Vec<u8>, TarError> {
        Ok(text(&self.metadata(header)?).to_vec())
    }

    fn entry(&mut self, header: &Header, pending: Pending) -> Result<Entry, TarError> {
        let draft = Draft::new(header, pending, &self.globals)?;
        self.expect_data(draft.stored);
        let map = match draft.kind {
            EntryKind::File => self.sparse_map(header, &draft.records)?,
            _ => None,
        };
        draft.finish(header, map)
    }
}

fn too_long(header: &Header, size: u64) -> TarError {
    TarError::TooLong {
        size,
        position: header.position(),
    }
}
