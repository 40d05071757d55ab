//! Reads tar archives as a stream of entries: ustar, PAX, GNU and V7, with sparse files.
//!
//! It knows bytes only: what an entry does to a directory is `unpack`'s. Memory is bounded by
//! [`MAX_METADATA`] and [`MAX_EXTENTS`] whatever the archive says, and no input makes it panic.
//! Where writers disagree it reads as Go's `archive/tar` does, because Docker's images were made
//! to be read by that.

mod entry;
mod header;
mod number;
mod pax;
mod reader;
mod sparse;
mod sparse_read;

pub(crate) use entry::{Entry, EntryKind, ModificationTime};
pub(crate) use reader::Reader;
pub(crate) use sparse::Extent;

/// Bytes of a block.
const BLOCK: usize = 512;
/// Longest extended header, long name or sparse map, in bytes (Go's limit).
const MAX_METADATA: u64 = 1 << 20;
/// Most extents of a sparse file.
const MAX_EXTENTS: usize = 1 << 20;

/// Why bytes are not a tar archive that can be unpacked.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum TarError {
    #[error("failed to read the archive")]
    Read(#[source] std::io::Error),
    #[error("archive ends in the middle of an entry, after {0} bytes")]
    Truncated(u64),
    #[error("invalid tar header at byte {0}")]
    Header(u64),
    #[error("invalid {field} in the tar header at byte {position}")]
    Field { field: &'static str, position: u64 },
    #[error("invalid extended tar header at byte {0}")]
    Extended(u64),
    #[error("invalid sparse file map at byte {0}")]
    Sparse(u64),
    #[error("extended tar header of {size} bytes at byte {position} is too long")]
    TooLong { size: u64, position: u64 },
    #[error("unsupported tar entry type {kind:?} at byte {position}")]
    Kind { kind: char, position: u64 },
}

#[cfg(test)]
mod tests;
