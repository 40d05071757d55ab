//! Hard links to files of the layers below: the file is copied into this layer first, as overlayfs
//! does when somebody links to it.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Gid, Mode, Uid, XattrFlags};
use rustix::io::Errno;

use super::attributes::{is_overlays, mode, times};
use super::file::NEW_FILE;
use super::lower::LowerEntry;
use super::path::Location;
use super::tree::{Found, Parent, Tree};
use crate::error::ImagesError;
use crate::tar::{Entry, ModificationTime};

impl Tree {
    /// The directory and name of the file that a hard link means.
    pub(super) fn link_target(
        &mut self,
        target: &Location<'_>,
        entry: &Entry,
    ) -> Result<(Parent, Vec<u8>), ImagesError> {
        let missing =
            || ImagesError::hostile(&entry.path, "is a hard link to a file that does not exist");
        let below = |tree: &Self, at: &Location<'_>| match tree.below(at) {
            LowerEntry::File(file) | LowerEntry::Symlink(file) => Some(file),
            _ => None,
        };
        if let Ok(descriptor) = self.open_directory(target.parent) {
            let parent = Parent {
                descriptor: descriptor.into(),
                path: target.parent.into(),
            };
            match self.find(&parent, target.name)? {
                None => {}
                Some(Found::Directory) => {
                    return Err(ImagesError::hostile(
                        &entry.path,
                        "is a hard link to a directory",
                    ));
                }
                Some(Found::Whiteout) => return Err(missing()),
                Some(_) => return Ok((parent, target.name.to_vec())),
            }
        } else if below(self, target).is_none() {
            return Err(missing());
        }
        let parent = self.parent(target.parent)?;
        let real = Location {
            parent: &parent.path,
            name: target.name,
        };
        let model = below(self, &real).ok_or_else(missing)?;
        self.copy_up(&parent, target.name, &model, entry)?;
        Ok((parent, target.name.to_vec()))
    }

    fn copy_up(
        &mut self,
        parent: &Parent,
        name: &[u8],
        model: &Path,
        entry: &Entry,
    ) -> Result<(), ImagesError> {
        let found = model
            .symlink_metadata()
            .map_err(ImagesError::io("look up", model))?;
        if !found.is_file() {
            return Err(ImagesError::hostile(
                &entry.path,
                "is a hard link to no regular file",
            ));
        }
        let failed = |errno: Errno| ImagesError::entry("copy", name)(errno);
        let owner_only = Mode::RUSR | Mode::WUSR;
        let file =
            rustix::fs::openat(&parent.descriptor, name, NEW_FILE, owner_only).map_err(failed)?;
        let mut file = File::from(file);
        let mut source = File::open(model).map_err(ImagesError::io("open", model))?;
        std::io::copy(&mut source, &mut file).map_err(ImagesError::io("copy", model))?;
        let (uid, gid) = (Uid::from_raw(found.uid()), Gid::from_raw(found.gid()));
        rustix::fs::fchown(&file, Some(uid), Some(gid)).map_err(failed)?;
        rustix::fs::fchmod(&file, mode(found.mode())).map_err(failed)?;
        copy_xattrs(
            model,
            &super::attributes::by_descriptor(&parent.descriptor, name),
        )?;
        let nanoseconds = u32::try_from(found.mtime_nsec()).unwrap_or(0);
        let modified = ModificationTime {
            seconds: found.mtime(),
            nanoseconds,
        };
        rustix::fs::futimens(&file, &times(modified)).map_err(failed)
    }
}

/// Copies all extended attributes but overlayfs's own.
pub(super) fn copy_xattrs(from: &Path, to: &Path) -> Result<(), ImagesError> {
    let failed = |errno: Errno| ImagesError::io("read the attributes of", from)(errno.into());
    let mut names = vec![0u8; 64 << 10];
    let length = match rustix::fs::llistxattr(from, &mut names[..]) {
        Ok(length) => length,
        Err(Errno::NOTSUP) => 0,
        Err(errno) => return Err(failed(errno)),
    };
    let names = names[..length].split(|b| *b == 0);
    for name in names.filter(|name| !name.is_empty() && !is_overlays(name)) {
        let mut value = vec![0u8; 64 << 10];
        let length = rustix::fs::lgetxattr(from, name, &mut value[..]).map_err(failed)?;
        match rustix::fs::lsetxattr(to, name, &value[..length], XattrFlags::empty()) {
            Ok(()) | Err(Errno::NOTSUP) => {}
            Err(errno) => return Err(failed(errno)),
        }
    }
    Ok(())
}
