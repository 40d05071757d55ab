//! Links, devices and named pipes.

use rustix::fs::{AtFlags, FileType, Mode};

use super::attributes::{HasMode, apply};
use super::path::{Location, clean, escapes};
use super::tree::{Parent, Tree};
use crate::error::ImagesError;
use crate::tar::{Entry, EntryKind};

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
