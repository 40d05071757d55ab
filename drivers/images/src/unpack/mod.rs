//! Unpacks one layer's archive into a directory, in overlayfs's form.
//!
//! Every name is resolved with `openat2(2)` below the directory and never through a link that
//! leaves it, so that whatever an archive says, nothing outside is read or written. Whiteouts
//! (OCI image specification, `layer.md`) become what overlayfs understands: a character device
//! 0:0, or `trusted.overlay.opaque` on a directory.
//!
//! The directory must be empty and private to the caller, who removes it after a failure.

mod attributes;
mod copy_up;
mod directory;
mod file;
mod lower;
mod path;
mod resolve;
mod special;
mod tree;
mod whiteout;

use std::io::BufRead;
use std::path::{Path, PathBuf};

use crate::error::ImagesError;
use crate::limits::Limits;
use crate::tar::{Entry, EntryKind, Reader};

use path::Location;
pub(crate) use path::clean;
use tree::Tree;

/// What was unpacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// Bytes of all files.
    pub bytes: u64,
    /// Entries of the archive.
    pub entries: u64,
}

/// Unpacks `archive` into `directory`. `lower` are the layers below, topmost first: implicit
/// parents take their attributes from there. Returns what is left of the archive.
pub(crate) fn unpack<R: BufRead>(
    archive: R,
    directory: &Path,
    lower: &[PathBuf],
    limits: &Limits,
) -> Result<(Unpacked, R), ImagesError> {
    let mut unpacker = Unpacker {
        tree: Tree::open(directory, lower, limits)?,
        limits,
        done: Unpacked::default(),
        special_files: 0,
    };
    let mut reader = Reader::new(archive);
    while let Some(entry) = reader.next_entry()? {
        unpacker.entry(&entry, &mut reader)?;
    }
    unpacker.tree.finish()?;
    Ok((unpacker.done, reader.into_input()))
}

struct Unpacker<'a> {
    tree: Tree,
    limits: &'a Limits,
    done: Unpacked,
    special_files: u64,
}

impl Unpacker<'_> {
    fn entry<R: BufRead>(
        &mut self,
        entry: &Entry,
        reader: &mut Reader<R>,
    ) -> Result<(), ImagesError> {
        self.count(entry)?;
        let path = clean(&entry.path)?;
        let Some(location) = Location::of(&path) else {
            return match entry.kind {
                EntryKind::Directory => self.tree.root_directory(entry),
                _ => Err(ImagesError::hostile(
                    &entry.path,
                    "would replace the layer's root",
                )),
            };
        };
        if whiteout::is_aufs_metadata(&location) {
            return Ok(());
        }
        if let Some(whiteout) = whiteout::parse(&location)? {
            return self.tree.whiteout(&location, whiteout);
        }
        match entry.kind {
            EntryKind::Directory => self.tree.directory(&location, entry),
            EntryKind::File => self.tree.file(&location, entry, reader),
            EntryKind::Symlink => self.tree.symlink(&location, entry),
            EntryKind::HardLink => self.tree.hard_link(&location, entry),
            EntryKind::CharDevice | EntryKind::BlockDevice | EntryKind::Fifo => {
                self.tree.special(&location, entry)
            }
        }
    }

    fn count(&mut self, entry: &Entry) -> Result<(), ImagesError> {
        use EntryKind::{BlockDevice, CharDevice, Fifo};
        let limit = |what, limit| ImagesError::Limit { what, limit };
        self.done.entries += 1;
        if self.done.entries > self.limits.entries {
            return Err(limit("number of entries", self.limits.entries));
        }
        if matches!(entry.kind, BlockDevice | CharDevice | Fifo) {
            self.special_files += 1;
            if self.special_files > self.limits.special_files {
                return Err(limit("number of special files", self.limits.special_files));
            }
        }
        // As directories are counted: a symbolic link is as long as its target.
        let length = match entry.kind {
            EntryKind::Symlink => entry.link.len() as u64,
            _ => entry.size,
        };
        self.done.bytes = self.done.bytes.saturating_add(length);
        if self.done.bytes > self.limits.bytes {
            return Err(limit("size in bytes", self.limits.bytes));
        }
        Ok(())
    }
}
