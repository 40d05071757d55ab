//! Regular files with their data.

use std::io::BufRead;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, SeekFrom, XattrFlags};
use rustix::io::Errno;

use super::attributes::{mode, set_first_owner, set_xattrs, times};
use super::path::Location;
use super::tree::Tree;
use crate::error::ImagesError;
use crate::tar::{Entry, Reader};

/// Files from this size on are checked against the free space before they are begun.
const LARGE: u64 = 64 << 20;
/// How a new file is opened.
pub(super) const NEW_FILE: OFlags = OFlags::CREATE
    .union(OFlags::EXCL)
    .union(OFlags::WRONLY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Tree {
    /// A file with its data.
    pub(super) fn file<R: BufRead>(
        &mut self,
        location: &Location<'_>,
        entry: &Entry,
        reader: &mut Reader<R>,
    ) -> Result<(), ImagesError> {
        let parent = self.parent(location.parent)?;
        let file = self.place(&parent, location.name, "create", || {
            rustix::fs::openat(
                &parent.descriptor,
                location.name,
                NEW_FILE,
                Mode::RUSR | Mode::WUSR,
            )
        })?;
        write_data(&file, entry, reader)?;
        let failed = |errno| ImagesError::entry("set attributes of", &entry.path)(errno);
        set_first_owner(&parent.descriptor, location.name, (entry.uid, entry.gid))
            .map_err(failed)?;
        rustix::fs::fchmod(&file, mode(entry.mode)).map_err(failed)?;
        set_xattrs(entry, |key, value| {
            rustix::fs::fsetxattr(&file, key, value, XattrFlags::empty())
        })?;
        rustix::fs::futimens(&file, &times(entry.modified)).map_err(failed)
    }
}

/// Writes the entry's data, with its holes.
fn write_data<R: BufRead>(
    file: &OwnedFd,
    entry: &Entry,
    reader: &mut Reader<R>,
) -> Result<(), ImagesError> {
    if reader.data_left() >= LARGE {
        check_space(file, entry, reader.data_left())?;
    }
    let failed = |errno| ImagesError::entry("write", &entry.path)(errno);
    match &entry.extents {
        None => copy(file, entry, reader, reader.data_left()),
        Some(extents) => {
            for extent in extents {
                rustix::fs::seek(file, SeekFrom::Start(extent.offset)).map_err(failed)?;
                copy(file, entry, reader, extent.length)?;
            }
            rustix::fs::ftruncate(file, entry.size).map_err(failed)
        }
    }
}

fn copy<R: BufRead>(
    file: &OwnedFd,
    entry: &Entry,
    reader: &mut Reader<R>,
    mut length: u64,
) -> Result<(), ImagesError> {
    while length > 0 {
        let chunk = reader.chunk()?;
        let part = chunk
            .len()
            .min(usize::try_from(length).unwrap_or(usize::MAX));
        let written = match rustix::io::write(file, &chunk[..part]) {
            Ok(written) => written,
            Err(Errno::INTR) => 0,
            Err(errno) => return Err(ImagesError::entry("write", &entry.path)(errno)),
        };
        reader.consume(written);
        length -= written as u64;
    }
    Ok(())
}

fn check_space(file: &OwnedFd, entry: &Entry, needed: u64) -> Result<(), ImagesError> {
    let failed = |errno| ImagesError::entry("write", &entry.path)(errno);
    let found = rustix::fs::fstatvfs(file.as_fd()).map_err(failed)?;
    if found.f_bavail.saturating_mul(found.f_frsize) < needed {
        return Err(failed(Errno::NOSPC));
    }
    Ok(())
}
