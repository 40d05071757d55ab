//! Maps of sparse files (GNU tar manual, "Storing Sparse Files").

use super::header::Header;
use super::number::{decimal, numeric};
use super::pax::SparseRecords;
use super::{BLOCK, MAX_EXTENTS, TarError};

/// A piece of a sparse file that has data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Where in the file, in bytes.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
}

/// A sparse file's map with the size of the whole file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SparseMap {
    pub size: u64,
    pub extents: Vec<Extent>,
}

impl SparseMap {
    /// Checks that the extents follow each other inside the file and need `stored` bytes of data.
    pub(super) fn checked(self, stored: u64, position: u64) -> Result<Self, TarError> {
        let mut end = 0;
        let mut total: u64 = 0;
        for extent in &self.extents {
            let next = extent.offset.checked_add(extent.length);
            match next {
                Some(next) if extent.offset >= end && next <= self.size => end = next,
                _ => return Err(TarError::Sparse(position)),
            }
            total = total.saturating_add(extent.length);
        }
        if total == stored && i64::try_from(self.size).is_ok() {
            Ok(self)
        } else {
            Err(TarError::Sparse(position))
        }
    }
}

/// The map of formats 0.0 and 0.1, which is all in extended headers.
pub(super) fn from_records(records: &SparseRecords, position: u64) -> Result<SparseMap, TarError> {
    let invalid = TarError::Sparse(position);
    let (Some(size), true) = (records.real_size, records.map.len().is_multiple_of(2)) else {
        return Err(invalid);
    };
    Ok(SparseMap {
        size,
        extents: pairs(&records.map),
    })
}

fn pairs(numbers: &[u64]) -> Vec<Extent> {
    let extent = |pair: &[u64]| Extent {
        offset: pair[0],
        length: pair[1],
    };
    numbers.chunks_exact(2).map(extent).collect()
}

/// The map of format 1.0: decimal numbers in lines, in front of the data, up to a block's end.
pub(super) struct TextMap {
    numbers: Vec<u64>,
    line: Vec<u8>,
}

impl TextMap {
    pub(super) fn new() -> Self {
        Self {
            numbers: Vec::new(),
            line: Vec::new(),
        }
    }

    /// Takes one block; true when the map is complete. None when malformed.
    pub(super) fn add(&mut self, block: &[u8; BLOCK]) -> Option<bool> {
        for byte in block {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() > 20 {
                    return None;
                }
                continue;
            }
            self.numbers.push(decimal(&self.line)?);
            self.line.clear();
            if self.is_complete()? {
                return Some(true);
            }
        }
        Some(false)
    }

    /// The first number says how many pairs follow.
    fn is_complete(&self) -> Option<bool> {
        let count = usize::try_from(*self.numbers.first()?).ok()?;
        (count <= MAX_EXTENTS).then_some(self.numbers.len() > 2 * count)
    }

    pub(super) fn finish(self, size: u64) -> SparseMap {
        SparseMap {
            size,
            extents: pairs(self.numbers.get(1..).unwrap_or_default()),
        }
    }
}

/// The old GNU format: four extents in the header, twenty-one in each block that follows.
pub(super) struct BlockMap {
    map: SparseMap,
    position: u64,
}

impl BlockMap {
    /// The header's part of the map; true when blocks follow.
    pub(super) fn new(header: &Header) -> Result<(Self, bool), TarError> {
        let position = header.position();
        let block = header.block();
        let size = numeric(&block[483..495]).and_then(|size| u64::try_from(size).ok());
        let size = size.ok_or(TarError::Sparse(position))?;
        let mut map = Self {
            map: SparseMap {
                size,
                extents: Vec::new(),
            },
            position,
        };
        map.extents(&block[386..482])?;
        Ok((map, block[482] != 0))
    }

    /// Takes one more block; true when another follows.
    pub(super) fn add(&mut self, block: &[u8; BLOCK]) -> Result<bool, TarError> {
        self.extents(&block[..504])?;
        Ok(block[504] != 0)
    }

    pub(super) fn finish(self) -> SparseMap {
        self.map
    }

    /// Unused places are zero, with no length even.
    fn extents(&mut self, fields: &[u8]) -> Result<(), TarError> {
        for field in fields.chunks_exact(24) {
            if field[0] == 0 {
                break;
            }
            let number = |field: &[u8]| numeric(field).and_then(|n| u64::try_from(n).ok());
            match (number(&field[..12]), number(&field[12..])) {
                (Some(offset), Some(length)) if self.map.extents.len() < MAX_EXTENTS => {
                    self.map.extents.push(Extent { offset, length });
                }
                _ => return Err(TarError::Sparse(self.position)),
            }
        }
        Ok(())
    }
}
