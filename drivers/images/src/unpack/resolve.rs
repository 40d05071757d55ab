//! The slow way to a parent directory: one component at a time, through links and missing
//! directories.
//!
//! A link of this layer is followed as long as it stays in the layer. A link of a layer below is
//! followed as the container would, so that `lib/x` over a base with `lib -> usr/lib` becomes
//! `usr/lib/x`. What is missing is made with the attributes that the layers below have for it.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::attributes::{by_descriptor, set_owner};
use super::copy_up::copy_xattrs;
use super::directory::DirectoryAttributes;
use super::lower::{LowerEntry, Merged, is_opaque};
use super::path::{components, join};
use super::tree::{Found, Parent, Tree, open_in};
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
    /// The real directory that was reached.
    here: Parent,
    rest: VecDeque<(Vec<u8>, Origin)>,
    links: u32,
    /// What the layers below have at `here`; looked up when it is first needed.
    below: Option<Merged>,
    /// Bytes of the path at which this layer begins to hide those below.
    hidden_from: Option<usize>,
}

impl<'a> Walk<'a> {
    fn new(asked: &'a [u8], root: Parent) -> Self {
        let part = |part: &[u8]| (part.to_vec(), Origin::Layer);
        let rest = components(asked).map(part).collect();
        Self {
            asked,
            here: root,
            rest,
            links: 0,
            below: None,
            hidden_from: None,
        }
    }

    /// The next component goes down into a real directory.
    fn enter(&mut self, name: &[u8], directory: OwnedFd) {
        self.below = self.below.take().map(|merged| merged.enter(name).1);
        self.here = Parent {
            path: join(&self.here.path, name).into(),
            descriptor: Arc::new(directory),
        };
    }

    /// From here on this layer hides those below.
    fn hide(&mut self) {
        self.hidden_from.get_or_insert(self.here.path.len());
    }

    /// Goes to a directory that is not below the present one.
    fn jump(&mut self, to: Parent) {
        self.here = to;
        self.below = None;
        self.hidden_from = self
            .hidden_from
            .filter(|from| *from <= self.here.path.len());
    }

    fn refuse<T>(&self, reason: &'static str) -> Result<T, ImagesError> {
        Err(ImagesError::hostile(self.asked, reason))
    }
}

impl Tree {
    /// Opens a directory of which some components are missing or links.
    pub(super) fn make_parents(&mut self, path: &[u8]) -> Result<Parent, ImagesError> {
        let mut walk = Walk::new(path, self.root_parent());
        while let Some((name, origin)) = walk.rest.pop_front() {
            if name == b".." {
                self.up(&mut walk, origin)?;
            } else {
                self.step(&mut walk, &name)?;
            }
        }
        Ok(walk.here)
    }

    fn up(&self, walk: &mut Walk<'_>, origin: Origin) -> Result<(), ImagesError> {
        if walk.here.path.is_empty() && origin == Origin::Layer {
            return walk.refuse("leads through a link out of the layer");
        }
        let slash = walk.here.path.iter().rposition(|b| *b == b'/');
        let path = &walk.here.path[..slash.unwrap_or(0)];
        let opened = self
            .open_directory(path)
            .map_err(ImagesError::entry("open", path))?;
        let to = Parent {
            path: path.into(),
            descriptor: Arc::new(opened),
        };
        walk.jump(to);
        Ok(())
    }

    fn follow(
        &self,
        walk: &mut Walk<'_>,
        target: &[u8],
        origin: Origin,
    ) -> Result<(), ImagesError> {
        walk.links += 1;
        if walk.links > MAX_LINKS {
            return walk.refuse("leads through too many links");
        }
        if target.starts_with(b"/") {
            if origin == Origin::Layer {
                return walk.refuse("leads through an absolute link");
            }
            walk.jump(self.root_parent());
        }
        let parts: Vec<_> = components(target).map(<[u8]>::to_vec).collect();
        for part in parts.into_iter().rev() {
            walk.rest.push_front((part, origin));
        }
        Ok(())
    }

    fn step(&mut self, walk: &mut Walk<'_>, name: &[u8]) -> Result<(), ImagesError> {
        let here = walk.here.clone();
        match self.find(&here, name)? {
            Some(Found::Directory) => {}
            Some(Found::Symlink) => {
                let target = rustix::fs::readlinkat(&here.descriptor, name, Vec::new())
                    .map_err(ImagesError::entry("read link", &join(&here.path, name)))?;
                return self.follow(walk, target.as_bytes(), Origin::Layer);
            }
            Some(Found::Other) => return walk.refuse("has a parent that is no directory"),
            Some(Found::Whiteout) => self.make_default(&here, name)?,
            None => match self.look_below(walk, name) {
                LowerEntry::Symlink(link) => {
                    let read = ImagesError::io("read link", &link);
                    let target = std::fs::read_link(&link).map_err(read)?;
                    return self.follow(walk, target.as_os_str().as_bytes(), Origin::Below);
                }
                LowerEntry::Directory(model) => self.make_like(&here, name, &model)?,
                LowerEntry::File(_) | LowerEntry::Missing => self.make_default(&here, name)?,
            },
        }
        let opened = open_in(&here, name).map_err(ImagesError::entry("open", walk.asked))?;
        walk.enter(name, opened);
        if is_opaque(&by_descriptor(&here.descriptor, name)) {
            walk.hide();
        }
        Ok(())
    }

    /// What the layers below have at a name of the directory that was reached.
    fn look_below(&self, walk: &mut Walk<'_>, name: &[u8]) -> LowerEntry {
        if walk.hidden_from.is_some() || self.hides_all() {
            return LowerEntry::Missing;
        }
        let path = walk.here.path.clone();
        let merged = walk.below.get_or_insert_with(|| self.lower().at(&path));
        merged.clone().enter(name).0
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
        let attributes = match self.lower().root() {
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
    copy_xattrs(model, &by_descriptor(&parent.descriptor, name))?;
    Ok(DirectoryAttributes {
        mode: found.mode() & 0o7777,
        modified: Some(ModificationTime {
            seconds: found.mtime(),
            nanoseconds: u32::try_from(found.mtime_nsec()).unwrap_or(0),
        }),
    })
}
