//! The directory that a layer is unpacked into: finding parents, finding and replacing names.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palan_linux::remove_tree::remove_tree;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::attributes::by_descriptor;
use super::directory::Directories;
use super::lower::{Lower, LowerEntry, is_opaque};
use super::path::{Location, join};
use crate::error::ImagesError;
use crate::limits::Limits;

/// An open directory of the layer, with its real path in it.
#[derive(Clone, Debug)]
pub(super) struct Parent {
    pub descriptor: Arc<OwnedFd>,
    pub path: Arc<[u8]>,
}

/// What is at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Directory,
    Symlink,
    Whiteout,
    Other,
}

/// The layer being unpacked.
pub(super) struct Tree {
    root: Arc<OwnedFd>,
    lower: Lower,
    /// The last parent and the name under which it was asked for.
    last: Option<(Vec<u8>, Parent)>,
    pub(super) directories: Directories,
    /// The root is opaque.
    hides_all_below: bool,
}

const NO_LINKS: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

impl Tree {
    pub(super) fn open(
        directory: &Path,
        lower: &[PathBuf],
        limits: &Limits,
    ) -> Result<Self, ImagesError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(directory, flags, Mode::empty())
            .map_err(|errno| ImagesError::io("open", directory)(errno.into()))?;
        let mut tree = Self {
            root: Arc::new(root),
            lower: Lower::new(lower),
            last: None,
            directories: Directories::new(limits.directory_names),
            hides_all_below: false,
        };
        tree.inherit_root()?;
        Ok(tree)
    }

    /// The directory that holds an entry; missing ones are made.
    pub(super) fn parent(&mut self, path: &[u8]) -> Result<Parent, ImagesError> {
        if let Some((name, parent)) = &self.last
            && name == path
        {
            return Ok(parent.clone());
        }
        let parent = match self.open_directory(path) {
            Ok(descriptor) => Parent {
                descriptor: Arc::new(descriptor),
                path: path.into(),
            },
            Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => self.make_parents(path)?,
            Err(errno) => return Err(ImagesError::entry("open directory", path)(errno)),
        };
        self.last = Some((path.to_vec(), parent.clone()));
        Ok(parent)
    }

    /// Opens a directory of the layer by a path without links.
    pub(super) fn open_directory(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        open_below(&self.root, if path.is_empty() { b"." } else { path })
    }

    /// What this layer has at a name.
    pub(super) fn find(&self, parent: &Parent, name: &[u8]) -> Result<Option<Found>, ImagesError> {
        match rustix::fs::statat(&parent.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Found::Directory,
                FileType::Symlink => Found::Symlink,
                FileType::CharacterDevice if stat.st_rdev == 0 => Found::Whiteout,
                _ => Found::Other,
            })),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(ImagesError::entry("look up", &join(&parent.path, name))(
                errno,
            )),
        }
    }

    /// Makes something at a name, in place of whatever this layer had there.
    pub(super) fn place<T>(
        &mut self,
        parent: &Parent,
        name: &[u8],
        action: &'static str,
        make: impl Fn() -> Result<T, Errno>,
    ) -> Result<T, ImagesError> {
        let made = match make() {
            Err(Errno::EXIST) => {
                self.remove(parent, name)?;
                make()
            }
            made => made,
        };
        made.map_err(|errno| ImagesError::entry(action, &join(&parent.path, name))(errno))
    }

    /// Removes what this layer has at a name.
    pub(super) fn remove(&mut self, parent: &Parent, name: &[u8]) -> Result<(), ImagesError> {
        let path = join(&parent.path, name);
        self.last = None;
        if self.find(parent, name)? == Some(Found::Directory) {
            self.directories.forget(&path);
            return remove_tree(&parent.descriptor, name)
                .map_err(ImagesError::entry("replace", &path));
        }
        rustix::fs::unlinkat(&parent.descriptor, name, AtFlags::empty())
            .map_err(ImagesError::entry("replace", &path))
    }

    pub(super) fn root_parent(&self) -> Parent {
        Parent {
            descriptor: self.root.clone(),
            path: [].into(),
        }
    }

    /// What the layers below have at a real path, unless this layer hides it.
    pub(super) fn below(&self, location: &Location<'_>) -> LowerEntry {
        let found = self.lower.lookup(location);
        if matches!(found, LowerEntry::Missing) || self.hides_all_below {
            return LowerEntry::Missing;
        }
        let path = location.parent;
        let ends = (1..=path.len()).filter(|end| matches!(path.get(*end), None | Some(b'/')));
        let mut parents = ends.map(|end| by_descriptor(&self.root, &path[..end]));
        if parents.any(|parent| is_opaque(&parent)) {
            return LowerEntry::Missing;
        }
        found
    }

    pub(super) fn lower(&self) -> &Lower {
        &self.lower
    }

    pub(super) fn lower_roots(&self) -> Vec<PathBuf> {
        self.lower.roots().to_vec()
    }

    pub(super) fn hide_all(&mut self) {
        self.hides_all_below = true;
    }

    pub(super) fn hides_all(&self) -> bool {
        self.hides_all_below
    }

    pub(super) fn root(&self) -> &OwnedFd {
        &self.root
    }
}

fn open_below(directory: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat2(directory, path, flags, Mode::empty(), NO_LINKS)
}

/// Opens a directory by its name in another.
pub(super) fn open_in(parent: &Parent, name: &[u8]) -> Result<OwnedFd, Errno> {
    open_below(&parent.descriptor, name)
}
