//! One entry of an archive, with all extended headers applied.

use super::header::Header;
use super::pax::Records;
use super::sparse::SparseMap;
use super::{Extent, TarError};

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

/// Extended headers that wait for their entry.
#[derive(Default)]
pub(super) struct Pending {
    pub records: Option<Records>,
    pub long_name: Option<Vec<u8>>,
    pub long_link: Option<Vec<u8>>,
}

/// An entry of which all but the sparse map is known.
pub(super) struct Draft {
    pub kind: EntryKind,
    /// Bytes of data in the archive, a sparse map in front of them included.
    pub stored: u64,
    pub records: Records,
    path: Vec<u8>,
    link: Option<Vec<u8>>,
}

impl Draft {
    /// GNU's long names win over PAX records, those over the header.
    pub(super) fn new(
        header: &Header,
        pending: Pending,
        globals: &Records,
    ) -> Result<Self, TarError> {
        let mut records = pending.records.unwrap_or_else(|| globals.clone());
        let path = pending.long_name.or(records.path.take());
        let path = path.unwrap_or_else(|| header.name());
        let link = pending.long_link.or(records.link.take());
        let kind = kind(header, &path)?;
        let stored = match (kind, records.size) {
            (EntryKind::File, Some(size)) => size,
            (EntryKind::File, None) => header.size()?,
            _ => 0,
        };
        if i64::try_from(stored).is_err() {
            return Err(header.invalid("size"));
        }
        Ok(Self {
            kind,
            stored,
            records,
            path,
            link,
        })
    }

    pub(super) fn finish(self, header: &Header, map: Option<SparseMap>) -> Result<Entry, TarError> {
        let records = self.records;
        let is_device = matches!(self.kind, EntryKind::CharDevice | EntryKind::BlockDevice);
        let (major, minor) = if is_device { header.device()? } else { (0, 0) };
        let sparse_name = records.sparse.name.filter(|_| map.is_some());
        Ok(Entry {
            kind: self.kind,
            path: sparse_name.unwrap_or(self.path),
            link: self.link.unwrap_or_else(|| header.link()),
            size: map.as_ref().map_or(self.stored, |map| map.size),
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
