//! The slow way to a parent directory: one component at a time, through links and missing
//! directories.
//!
//! A link of this layer is followed as long as it stays in the layer. A link of a layer below is
//! followed as the container would, so that `lib/x` over a base with `lib -> usr/lib` becomes
//! `usr/lib/x`. What is missing is made with the attributes that the layers below have for it.

use std::collections::VecDeque;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::attributes::set_owner;
use super::copy_up::copy_xattrs;
use super::directory::DirectoryAttributes;
use super::lower::LowerEntry;
use super::path::{components, join};
use super::tree::{Found, Parent, Tree};
use crate::error::ImagesError;
use crate::tar::ModificationTime;

/// Links followed for one path (`path_resolution(7)`).
const MAX_LINKS: u32 = 40;

/// Whose link a component came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The archive: may not climb out.
    Layer,
    /// A layer below: `..` of the root is the root.
    Below,
}

/// A path half resolved.
struct Walk<'a> {
    /// As the archive has it, for messages.
    asked: &'a [u8],
    /// Real directories, from the root on.
    real: Vec<u8>,
    rest: VecDeque<(Vec<u8>, Origin)>,
    links: u32,
}

impl Walk<'_> {
    fn up(&mut self, origin: Origin) -> Result<(), ImagesError> {
        if self.real.is_empty() && origin == Origin::Layer {
            return Err(ImagesError::hostile(
                self.asked,
                "leads through a link out of the layer",
            ));
        }
        let slash = self.real.iter().rposition(|b| *b == b'/').unwrap_or(0);
        self.real.truncate(slash);
        Ok(())
    }

    fn follow(&mut self, target: &[u8], origin: Origin) -> Result<(), ImagesError> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(ImagesError::hostile(
                self.asked,
                "leads through too many links",
            ));
        }
        if target.starts_with(b"/") {
            if origin == Origin::Layer {
                return Err(ImagesError::hostile(
                    self.asked,
                    "leads through an absolute link",
                ));
            }
            self.real.clear();
        }
        let parts: Vec<_> = components(target).map(<[u8]>::to_vec).collect();
        for part in parts.into_iter().rev() {
            self.rest.push_front((part, origin));
        }
        Ok(())
    }
}

impl Tree {
    /// Opens a directory of which some components are missing or links.
    pub(super) fn make_parents(&mut self, path: &[u8]) -> Result<Parent, ImagesError> {
        let part = |part: &[u8]| (part.to_vec(), Origin::Layer);
        let rest = components(path).map(part).collect();
        let mut walk = Walk {
            asked: path,
            real: Vec::new(),
            rest,
            links: 0,
        };
        while let Some((name, origin)) = walk.rest.pop_front() {
            if name == b".." {
                walk.up(origin)?;
            } else {
                self.step(&mut walk, &name)?;
            }
        }
        self.open_real(&walk.real)
    }

    fn open_real(&self, path: &[u8]) -> Result<Parent, ImagesError> {
        let descriptor = self
            .open_directory(path)
            .map_err(ImagesError::entry("open", path))?;
        Ok(Parent {
            descriptor: Arc::new(descriptor),
            path: path.into(),
        })
    }

    fn step(&mut self, walk: &mut Walk<'_>, name: &[u8]) -> Result<(), ImagesError> {
        let parent = self.open_real(&walk.real)?;
        match self.find(&parent, name)? {
            Some(Found::Directory) => {}
            Some(Found::Symlink) => {
                let target = rustix::fs::readlinkat(&parent.descriptor, name, Vec::new())
                    .map_err(ImagesError::entry("read link", &join(&walk.real, name)))?;
                return walk.follow(target.as_bytes(), Origin::Layer);
            }
            Some(Found::Other) => {
                return Err(ImagesError::hostile(
                    walk.asked,
                    "has a parent that is no directory",
                ));
            }
            Some(Found::Whiteout) => self.make_default(&parent, name)?,
            None => match self.below(&join(&walk.real, name)) {
                LowerEntry::Symlink(link) => {
                    let read = ImagesError::io("read link", &link);
                    let target = std::fs::read_link(&link).map_err(read)?;
                    return walk.follow(target.as_os_str().as_bytes(), Origin::Below);
                }
                LowerEntry::Directory(model) => self.make_like(&parent, name, &model)?,
                LowerEntry::File(_) | LowerEntry::Missing => self.make_default(&parent, name)?,
            },
        }
        walk.real = join(&walk.real, name);
        Ok(())
    }

    /// Docker's default for directories that nobody describes.
    fn make_default(&mut self, parent: &Parent, name: &[u8]) -> Result<(), ImagesError> {
        self.ensure_directory(parent, name)?;
        let attributes = DirectoryAttributes {
            mode: 0o755,
            modified: None,
        };
        self.directories.note(join(&parent.path, name), attributes)
    }

    fn make_like(&mut self, parent: &Parent, name: &[u8], model: &Path) -> Result<(), ImagesError> {
        self.ensure_directory(parent, name)?;
        let attributes = inherit(parent, name, model)?;
        self.directories.note(join(&parent.path, name), attributes)
    }

    /// The root is there whether the archive names it or not.
    pub(super) fn inherit_root(&mut self) -> Result<(), ImagesError> {
        let root = self.root_parent();
        let attributes = match self.lower_root() {
            Some(model) => inherit(&root, b".", &model)?,
            None => DirectoryAttributes {
                mode: 0o755,
                modified: None,
            },
        };
        self.directories.note(Vec::new(), attributes)
    }
}

/// Copies owner and extended attributes of a directory below, and returns the rest.
fn inherit(parent: &Parent, name: &[u8], model: &Path) -> Result<DirectoryAttributes, ImagesError> {
    let found = model
        .symlink_metadata()
        .map_err(ImagesError::io("look up", model))?;
    set_owner(&parent.descriptor, name, (found.uid(), found.gid()))
        .map_err(ImagesError::entry("set the owner of", name))?;
    copy_xattrs(
        model,
        &super::attributes::by_descriptor(&parent.descriptor, name),
    )?;
    Ok(DirectoryAttributes {
        mode: found.mode() & 0o7777,
        modified: Some(ModificationTime {
            seconds: found.mtime(),
            nanoseconds: u32::try_from(found.mtime_nsec()).unwrap_or(0),
        }),
    })
}
