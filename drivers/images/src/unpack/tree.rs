//! The directory that a layer is unpacked into: finding parents, making directories and files.
//!
//! Directories are made with mode 0700 and get their mode and times at the very end, so that
//! neither a set-group-ID bit nor a later entry changes what the archive says.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, XattrFlags};
use rustix::io::Errno;

use super::attributes::{by_descriptor, mode, set_first_owner, set_owner, set_xattrs, times};
use super::lower::Lower;
use super::path::{Location, join};
use crate::error::ImagesError;
use crate::limits::Limits;
use crate::tar::{Entry, ModificationTime, Reader};

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

/// What a directory gets at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct DirectoryAttributes {
    pub mode: u32,
    pub modified: Option<ModificationTime>,
}

/// The layer being unpacked.
pub(super) struct Tree {
    root: Arc<OwnedFd>,
    lower: Lower,
    /// The last parent and the name under which it was asked for.
    last: Option<(Vec<u8>, Parent)>,
    directories: BTreeMap<Vec<u8>, DirectoryAttributes>,
    /// Bytes that more directory names may take.
    names_left: u64,
    names_limit: u64,
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
            directories: BTreeMap::new(),
            names_left: limits.directory_names,
            names_limit: limits.directory_names,
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
        let path = if path.is_empty() { b"." } else { path };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat2(&self.root, path, flags, Mode::empty(), NO_LINKS)
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

    /// The attributes of the layer's root, when the archive names it.
    pub(super) fn root_directory(&mut self, entry: &Entry) -> Result<(), ImagesError> {
        let root = self.root_parent();
        self.directory_attributes(&root, b".", entry)?;
        self.note_directory(Vec::new(), attributes_of(entry))
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
        self.note_directory(join(&parent.path, location.name), attributes_of(entry))
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

    /// Keeps what a directory gets at the end.
    pub(super) fn note_directory(
        &mut self,
        path: Vec<u8>,
        attributes: DirectoryAttributes,
    ) -> Result<(), ImagesError> {
        let bytes = path.len() as u64;
        if self.directories.insert(path, attributes).is_none() {
            let limit = self.names_limit;
            let exceeded = ImagesError::Limit {
                what: "length of directory names",
                limit,
            };
            self.names_left = self.names_left.checked_sub(bytes + 64).ok_or(exceeded)?;
        }
        Ok(())
    }

    /// A file with its data.
    pub(super) fn file<R: BufRead>(
        &mut self,
        location: &Location<'_>,
        entry: &Entry,
        reader: &mut Reader<R>,
    ) -> Result<(), ImagesError> {
        let parent = self.parent(location.parent)?;
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = self.place(&parent, location.name, "create", || {
            rustix::fs::openat(
                &parent.descriptor,
                location.name,
                flags,
                Mode::RUSR | Mode::WUSR,
            )
        })?;
        super::special::write_data(&file, entry, reader)?;
        let failed = |errno| ImagesError::entry("set attributes of", &entry.path)(errno);
        set_first_owner(&parent.descriptor, location.name, (entry.uid, entry.gid))
            .map_err(failed)?;
        rustix::fs::fchmod(&file, mode(entry.mode)).map_err(failed)?;
        set_xattrs(entry, |key, value| {
            rustix::fs::fsetxattr(&file, key, value, XattrFlags::empty())
        })?;
        rustix::fs::futimens(&file, &times(entry.modified)).map_err(failed)
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

    fn remove(&mut self, parent: &Parent, name: &[u8]) -> Result<(), ImagesError> {
        let path = join(&parent.path, name);
        if self.find(parent, name)? == Some(Found::Directory) {
            self.last = None;
            let below = [path.as_slice(), b"/"].concat();
            self.directories
                .retain(|known, _| *known != path && !known.starts_with(&below));
            let real = by_descriptor(&parent.descriptor, name);
            let failed = ImagesError::io("remove", &real);
            return std::fs::remove_dir_all(&real).map_err(failed);
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

    pub(super) fn lower(&self) -> &Lower {
        &self.lower
    }

    pub(super) fn lower_roots(&self) -> Vec<PathBuf> {
        self.lower.roots().to_vec()
    }

    pub(super) fn hides_all_below(&mut self) {
        self.hides_all_below = true;
    }

    /// Gives all directories their mode and times, the deepest first.
    pub(super) fn finish(mut self) -> Result<(), ImagesError> {
        if self.hides_all_below {
            self.hide_all_below()?;
        }
        for (path, attributes) in self.directories.iter().rev() {
            let name: &[u8] = if path.is_empty() { b"." } else { path };
            let failed = |errno| ImagesError::entry("set attributes of", path)(errno);
            let root = self.root.as_fd();
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
