//! One entry of an archive, with all extended headers applied.

use super::Extent;

/// What an entry makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    HardLink,
    Symlink,
    CharDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// Seconds and nanoseconds since 1970; the nanoseconds are never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ModificationTime {
    pub seconds: i64,
    pub nanoseconds: u32,
}

/// An entry. Its data, when it is a file, is read from the [`Reader`](super::Reader).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub kind: EntryKind,
    /// As written: may be absolute, have `..` or be any bytes but NUL.
    pub path: Vec<u8>,
    /// Target of a link, as written.
    pub link: Vec<u8>,
    /// Bytes of the file, holes included. 0 for everything else.
    pub size: u64,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub modified: ModificationTime,
    /// Device numbers.
    pub major: u32,
    pub minor: u32,
    /// Extended attributes in the order of their names.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the data goes in a sparse file; none for a file without holes.
    pub extents: Option<Vec<Extent>>,
}
