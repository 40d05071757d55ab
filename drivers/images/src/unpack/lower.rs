//! The layers below, merged as overlayfs merges them. Read only when a layer's archive leaves out a
//! parent directory or links to a file that it does not have.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::path::Location;

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

    /// The root directory of the topmost layer.
    pub(super) fn root(&self) -> Option<PathBuf> {
        self.layers.first().cloned()
    }

    /// The merged directory at `path`, whose components must be real directories and not links.
    pub(super) fn at(&self, path: &[u8]) -> Merged {
        let root = Merged(self.layers.clone());
        super::path::components(path).fold(root, |merged, name| merged.enter(name).1)
    }

    /// Looks up `path`, whose parents must be real directories and not links.
    pub(super) fn lookup(&self, location: &Location<'_>) -> LowerEntry {
        self.at(location.parent).enter(location.name).0
    }
}

/// The directories that overlayfs merges into one, topmost first; none when there is none.
#[derive(Clone, Debug)]
pub(super) struct Merged(Vec<PathBuf>);

impl Merged {
    /// What is at a name of the directory, and the merged directory there, if it is one.
    pub(super) fn enter(self, name: &[u8]) -> (LowerEntry, Self) {
        let mut below = Vec::new();
        let mut found = LowerEntry::Missing;
        for directory in self.0 {
            let path = directory.join(OsStr::from_bytes(name));
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
        (found, Self(below))
    }
}
