//! Directories of the layer.
//!
//! They are made with mode 0700 and get their mode and times at the very end, so that neither a
//! set-group-ID bit nor a later entry changes what the archive says.

use std::collections::BTreeMap;

use rustix::fs::{AtFlags, Mode, XattrFlags};
use rustix::io::Errno;

use super::attributes::{by_descriptor, mode, set_owner, set_xattrs, times};
use super::path::{Location, join};
use super::tree::{Found, Parent, Tree};
use crate::error::ImagesError;
use crate::tar::{Entry, ModificationTime};

/// What a directory gets at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct DirectoryAttributes {
    pub mode: u32,
    pub modified: Option<ModificationTime>,
}

/// What all directories get at the end, by real path. Bounded, because it is held in memory.
pub(super) struct Directories {
    known: BTreeMap<Vec<u8>, DirectoryAttributes>,
    /// Bytes that all names take.
    bytes: u64,
    limit: u64,
}

/// What an entry of the map takes besides its name, about.
const OVERHEAD: u64 = 64;

impl Directories {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            known: BTreeMap::new(),
            bytes: 0,
            limit,
        }
    }

    /// Keeps what a directory gets; the last word counts.
    pub(super) fn note(
        &mut self,
        path: Vec<u8>,
        attributes: DirectoryAttributes,
    ) -> Result<(), ImagesError> {
        let bytes = path.len() as u64 + OVERHEAD;
        if self.known.insert(path, attributes).is_none() {
            self.bytes += bytes;
        }
        if self.bytes > self.limit {
            let (what, limit) = ("length of directory names", self.limit);
            return Err(ImagesError::Limit { what, limit });
        }
        Ok(())
    }

    /// Forgets a directory that was removed, with all below it.
    pub(super) fn forget(&mut self, path: &[u8]) {
        let from = [path, b"/"].concat();
        // The byte after a slash.
        let to = [path, b"0"].concat();
        let below: Vec<Vec<u8>> = self
            .known
            .range(from..to)
            .map(|(path, _)| path.clone())
            .collect();
        for gone in below.iter().map(Vec::as_slice).chain([path]) {
            if self.known.remove(gone).is_some() {
                self.bytes -= gone.len() as u64 + OVERHEAD;
            }
        }
    }

    fn deepest_first(&self) -> impl Iterator<Item = (&Vec<u8>, &DirectoryAttributes)> {
        self.known.iter().rev()
    }
}

impl Tree {
    /// The attributes of the layer's root, when the archive names it.
    pub(super) fn root_directory(&mut self, entry: &Entry) -> Result<(), ImagesError> {
        let root = self.root_parent();
        self.directory_attributes(&root, b".", entry)?;
        self.directories.note(Vec::new(), attributes_of(entry))
    }

    /// A directory; an existing one keeps what it has.
    pub(super) fn directory(
        &mut self,
        location: &Location<'_>,
        entry: &Entry,
    ) -> Result<(), ImagesError> {
        let parent = self.parent(location.parent)?;
        self.ensure_directory(&parent, location.name)?;
        self.directory_attributes(&parent, location.name, entry)?;
        self.directories
            .note(join(&parent.path, location.name), attributes_of(entry))
    }

    /// Makes a directory unless there is one, in place of whatever else is there.
    pub(super) fn ensure_directory(
        &mut self,
        parent: &Parent,
        name: &[u8],
    ) -> Result<(), ImagesError> {
        let make = || rustix::fs::mkdirat(&parent.descriptor, name, Mode::RWXU);
        let failed = |errno| ImagesError::entry("make directory", &join(&parent.path, name))(errno);
        match make() {
            Err(Errno::EXIST) => {}
            made => return made.map_err(failed),
        }
        match self.find(parent, name)? {
            Some(Found::Directory) => Ok(()),
            Some(Found::Whiteout) => self.replace_whiteout(parent, name),
            _ => {
                self.remove(parent, name)?;
                make().map_err(failed)
            }
        }
    }

    fn directory_attributes(
        &self,
        parent: &Parent,
        name: &[u8],
        entry: &Entry,
    ) -> Result<(), ImagesError> {
        set_owner(&parent.descriptor, name, (entry.uid, entry.gid))
            .map_err(ImagesError::entry("set the owner of", &entry.path))?;
        if entry.xattrs.is_empty() {
            return Ok(());
        }
        let path = by_descriptor(&parent.descriptor, name);
        set_xattrs(entry, |key, value| {
            rustix::fs::lsetxattr(&path, key, value, XattrFlags::empty())
        })
    }

    /// Gives all directories their mode and times, the deepest first.
    pub(super) fn finish(mut self) -> Result<(), ImagesError> {
        if self.hides_all() {
            self.hide_all_below()?;
        }
        for (path, attributes) in self.directories.deepest_first() {
            let name: &[u8] = if path.is_empty() { b"." } else { path };
            let failed = |errno| ImagesError::entry("set attributes of", path)(errno);
            let root = self.root();
            rustix::fs::chmodat(root, name, mode(attributes.mode), AtFlags::empty())
                .map_err(failed)?;
            if let Some(modified) = attributes.modified {
                rustix::fs::utimensat(root, name, &times(modified), AtFlags::SYMLINK_NOFOLLOW)
                    .map_err(failed)?;
            }
        }
        Ok(())
    }
}

fn attributes_of(entry: &Entry) -> DirectoryAttributes {
    DirectoryAttributes {
        mode: entry.mode,
        modified: Some(entry.modified),
    }
}
