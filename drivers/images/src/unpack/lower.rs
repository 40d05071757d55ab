//! The layers below, merged as overlayfs merges them. Read only when a layer's archive leaves out a
//! parent directory or links to a file that it does not have.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A name in the merged layers.
#[derive(Debug)]
pub(super) enum LowerEntry {
    Missing,
    /// The uppermost directory of that name: its attributes count.
    Directory(PathBuf),
    Symlink(PathBuf),
    File(PathBuf),
}

/// The layers below, topmost first.
#[derive(Debug)]
pub(super) struct Lower {
    layers: Vec<PathBuf>,
}

/// Whether this is overlayfs's whiteout: a character device 0:0.
pub(super) fn is_whiteout(found: &Metadata) -> bool {
    found.file_type().is_char_device() && found.rdev() == 0
}

/// Whether a directory hides those below it.
pub(super) fn is_opaque(directory: &Path) -> bool {
    let mut value = [0u8; 1];
    let read = rustix::fs::lgetxattr(directory, "trusted.overlay.opaque", &mut value);
    matches!(read, Ok(1)) && value == *b"y"
}

impl Lower {
    pub(super) fn new(layers: &[PathBuf]) -> Self {
        Self {
            layers: layers.to_vec(),
        }
    }

    /// Every layer's root directory, topmost first.
    pub(super) fn roots(&self) -> &[PathBuf] {
        &self.layers
    }

    /// Looks up `path`, whose parents must be real directories and not links.
    pub(super) fn lookup(&self, path: &[u8]) -> LowerEntry {
        let mut directories = self.layers.clone();
        let mut found = match directories.first() {
            Some(root) => LowerEntry::Directory(root.clone()),
            None => LowerEntry::Missing,
        };
        for part in super::path::components(path) {
            let name = OsStr::from_bytes(part);
            found = step(&mut directories, name);
        }
        found
    }
}

/// Goes from the merged directories into one name of theirs.
fn step(directories: &mut Vec<PathBuf>, name: &OsStr) -> LowerEntry {
    let mut below: Vec<PathBuf> = Vec::new();
    let mut found = LowerEntry::Missing;
    for directory in directories.drain(..) {
        let path = directory.join(name);
        let Ok(metadata) = path.symlink_metadata() else {
            continue;
        };
        if !metadata.is_dir() {
            if below.is_empty() && !is_whiteout(&metadata) {
                found = match metadata.is_symlink() {
                    true => LowerEntry::Symlink(path),
                    false => LowerEntry::File(path),
                };
            }
            break;
        }
        let last = is_opaque(&path);
        below.push(path);
        if last {
            break;
        }
    }
    if let Some(first) = below.first() {
        found = LowerEntry::Directory(first.clone());
    }
    *directories = below;
    found
}
