//! Entries that are not directories: data of files, links, devices and named pipes.

use std::io::BufRead;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, SeekFrom};
use rustix::io::Errno;

use super::attributes::{HasMode, apply};
use super::path::{Location, clean, escapes};
use super::tree::{Parent, Tree};
use crate::error::ImagesError;
use crate::tar::{Entry, EntryKind, Reader};

/// Files from this size on are checked against the free space before they are begun.
const LARGE: u64 = 64 << 20;

impl Tree {
    /// A symbolic link. Its target is only text, but one that climbs out of the layer is a trap for
    /// whoever follows it.
    pub(super) fn symlink(
        &mut self,
        location: &Location<'_>,
        entry: &Entry,
    ) -> Result<(), ImagesError> {
        let parent = self.parent(location.parent)?;
        if escapes(&parent.path, &entry.link) {
            return Err(ImagesError::hostile(
                &entry.path,
                "is a link out of the layer",
            ));
        }
        self.place(&parent, location.name, "make symbolic link", || {
            rustix::fs::symlinkat(entry.link.as_slice(), &parent.descriptor, location.name)
        })?;
        apply(&parent.descriptor, location.name, entry, HasMode::No)
    }

    /// One more name for a file of this layer, or of a layer below: that is copied first.
    pub(super) fn hard_link(
        &mut self,
        location: &Location<'_>,
        entry: &Entry,
    ) -> Result<(), ImagesError> {
        let target = clean(&entry.link)
            .map_err(|_| ImagesError::hostile(&entry.path, "is a link out of the layer"))?;
        let Some(target) = Location::of(&target) else {
            return Err(ImagesError::hostile(
                &entry.path,
                "is a hard link to the layer's root",
            ));
        };
        let (from, name) = self.link_target(&target, entry)?;
        let parent = self.parent(location.parent)?;
        let link = || {
            let to = &parent.descriptor;
            rustix::fs::linkat(
                &from.descriptor,
                &name[..],
                to,
                location.name,
                AtFlags::empty(),
            )
        };
        if (&from.path, name.as_slice()) == (&parent.path, location.name) {
            return Ok(());
        }
        self.place(&parent, location.name, "make hard link", link)?;
        update(&parent, location.name, entry)
    }

    /// A device node or named pipe.
    pub(super) fn special(
        &mut self,
        location: &Location<'_>,
        entry: &Entry,
    ) -> Result<(), ImagesError> {
        let kind = match entry.kind {
            EntryKind::CharDevice => FileType::CharacterDevice,
            EntryKind::BlockDevice => FileType::BlockDevice,
            _ => FileType::Fifo,
        };
        let device = rustix::fs::makedev(entry.major, entry.minor);
        let parent = self.parent(location.parent)?;
        self.place(&parent, location.name, "make device", || {
            let mode = Mode::RUSR | Mode::WUSR;
            rustix::fs::mknodat(&parent.descriptor, location.name, kind, mode, device)
        })?;
        apply(&parent.descriptor, location.name, entry, HasMode::Yes)
    }
}

/// Gives a hard-linked file the attributes of the last entry that names it, as Docker does. Equal
/// ones are not set again: changing an owner would take file capabilities away.
fn update(parent: &Parent, name: &[u8], entry: &Entry) -> Result<(), ImagesError> {
    let failed = ImagesError::entry("look up", &entry.path);
    let found = rustix::fs::statat(&parent.descriptor, name, AtFlags::SYMLINK_NOFOLLOW);
    let found = found.map_err(failed)?;
    let is_link = FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
    let same = (
        found.st_uid,
        found.st_gid,
        found.st_mode & 0o7777,
        found.st_mtime,
    ) == (entry.uid, entry.gid, entry.mode, entry.modified.seconds);
    if is_link || (same && entry.xattrs.is_empty()) {
        return Ok(());
    }
    apply(&parent.descriptor, name, entry, HasMode::Yes)
}

/// Writes the entry's data, with its holes.
pub(super) fn write_data<R: BufRead>(
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
