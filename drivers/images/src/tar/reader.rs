//! The stream of entries.

use std::io::BufRead;

use super::header::{Header, text};
use super::pax::Records;
use super::sparse::{BlockMap, SparseMap, TextMap, from_records};
use super::{BLOCK, Entry, EntryKind, MAX_METADATA, ModificationTime, TarError};

/// Reads entries one after the other. What is left of an entry's data is skipped by the next.
pub(crate) struct Reader<R> {
    input: R,
    /// Bytes read so far.
    position: u64,
    /// Bytes of the present entry's data that are not read yet.
    data: u64,
    /// Bytes after the data up to the next block.
    padding: u64,
    globals: Records,
}

/// Extended headers that wait for their entry.
#[derive(Default)]
struct Pending {
    records: Option<Records>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
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

    fn block(&mut self) -> Result<[u8; BLOCK], TarError> {
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
        let records = pending.records.unwrap_or_else(|| self.globals.clone());
        let path = pending.long_name.or(records.path.clone());
        let path = path.unwrap_or_else(|| header.name());
        let kind = kind(header, &path)?;
        let stored = match (kind, records.size) {
            (EntryKind::File, Some(size)) => size,
            (EntryKind::File, None) => header.size()?,
            _ => 0,
        };
        if i64::try_from(stored).is_err() {
            return Err(header.invalid("size"));
        }
        self.expect_data(stored);
        let map = match kind {
            EntryKind::File => self.sparse_map(header, &records)?,
            _ => None,
        };
        let is_device = matches!(kind, EntryKind::CharDevice | EntryKind::BlockDevice);
        let (major, minor) = if is_device { header.device()? } else { (0, 0) };
        Ok(Entry {
            kind,
            path: records
                .sparse
                .name
                .filter(|_| map.is_some())
                .unwrap_or(path),
            link: pending
                .long_link
                .or(records.link)
                .unwrap_or_else(|| header.link()),
            size: map.as_ref().map_or(stored, |map| map.size),
            mode: header.mode()?,
            uid: owner(header, "uid", records.uid, header.uid())?,
            gid: owner(header, "gid", records.gid, header.gid())?,
            modified: modified(header, records.modified)?,
            major,
            minor,
            xattrs: records.xattrs.into_iter().collect(),
            extents: map.map(|map| map.extents),
        })
    }

    /// The map of a sparse file of any format, checked against the data that is left.
    fn sparse_map(
        &mut self,
        header: &Header,
        records: &Records,
    ) -> Result<Option<SparseMap>, TarError> {
        let position = header.position();
        let sparse = &records.sparse;
        let map = if header.kind() == b'S' {
            self.block_map(header)?
        } else if (sparse.major, sparse.minor) == (Some(1), Some(0)) {
            let size = sparse.real_size.ok_or(TarError::Sparse(position))?;
            self.text_map(size, position)?
        } else if sparse.real_size.is_some() || !sparse.map.is_empty() {
            from_records(sparse, position)?
        } else {
            return Ok(None);
        };
        map.checked(self.data, position).map(Some)
    }

    /// The blocks of an old GNU map are not part of the data.
    fn block_map(&mut self, header: &Header) -> Result<SparseMap, TarError> {
        let (mut map, mut more) = BlockMap::new(header)?;
        while more {
            let block = self.block()?;
            more = map.add(&block)?;
        }
        Ok(map.finish())
    }

    fn text_map(&mut self, size: u64, position: u64) -> Result<SparseMap, TarError> {
        let invalid = || TarError::Sparse(position);
        let mut map = TextMap::new();
        let mut read = 0;
        loop {
            read += BLOCK as u64;
            let left = self.data.checked_sub(BLOCK as u64).ok_or_else(invalid)?;
            if read > MAX_METADATA {
                return Err(invalid());
            }
            let block = self.block()?;
            self.data = left;
            if map.add(&block).ok_or_else(invalid)? {
                return Ok(map.finish(size));
            }
        }
    }
}

fn too_long(header: &Header, size: u64) -> TarError {
    TarError::TooLong {
        size,
        position: header.position(),
    }
}

/// V7 archives mark a directory by the slash at the end of its name.
fn kind(header: &Header, path: &[u8]) -> Result<EntryKind, TarError> {
    Ok(match header.kind() {
        0 if path.ends_with(b"/") => EntryKind::Directory,
        0 | b'0' | b'7' | b'S' => EntryKind::File,
        b'1' => EntryKind::HardLink,
        b'2' => EntryKind::Symlink,
        b'3' => EntryKind::CharDevice,
        b'4' => EntryKind::BlockDevice,
        b'5' => EntryKind::Directory,
        b'6' => EntryKind::Fifo,
        other => {
            let position = header.position();
            return Err(TarError::Kind {
                kind: char::from(other),
                position,
            });
        }
    })
}

/// The all-ones identity means "leave it" to the kernel and is nobody's.
fn owner(
    header: &Header,
    field: &'static str,
    record: Option<u64>,
    plain: Result<i64, TarError>,
) -> Result<u32, TarError> {
    let number = match record {
        Some(number) => u32::try_from(number).ok(),
        None => u32::try_from(plain?).ok(),
    };
    number
        .filter(|id| *id != u32::MAX)
        .ok_or_else(|| header.invalid(field))
}

fn modified(
    header: &Header,
    record: Option<ModificationTime>,
) -> Result<ModificationTime, TarError> {
    match record {
        Some(time) => Ok(time),
        None => Ok(ModificationTime {
            seconds: header.mtime()?,
            nanoseconds: 0,
        }),
    }
}
