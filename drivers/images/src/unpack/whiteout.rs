//! Whiteouts (OCI image specification, `layer.md`, "Whiteouts"): names that a layer takes away
//! from the layers below.

use rustix::fs::{AtFlags, FileType, Mode, XattrFlags};

use super::path::{Location, components, join};
use super::tree::{Found, Parent, Tree};
use crate::error::ImagesError;

const PREFIX: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// What aufs kept for itself in layers of old.
const AUFS: &[u8] = b".wh..wh.";

/// What an entry takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whiteout<'a> {
    /// One name.
    Name(&'a [u8]),
    /// All that the layers below have in this directory.
    Directory,
}

/// Names that mean nothing since aufs is gone.
pub(super) fn is_aufs_metadata(location: &Location<'_>) -> bool {
    let first = components(location.parent).next().unwrap_or(location.name);
    let above = first.starts_with(AUFS) && !location.parent.is_empty();
    above || (location.name.starts_with(AUFS) && location.name != OPAQUE)
}

/// The whiteout that a name stands for, if it does.
pub(super) fn parse<'a>(location: &Location<'a>) -> Result<Option<Whiteout<'a>>, ImagesError> {
    if components(location.parent).any(|part| part.starts_with(PREFIX)) {
        return Err(ImagesError::hostile(
            location.parent,
            "is a whiteout with something in it",
        ));
    }
    if location.name == OPAQUE {
        return Ok(Some(Whiteout::Directory));
    }
    match location.name.strip_prefix(PREFIX) {
        None => Ok(None),
        Some(b"" | b"." | b"..") => Err(ImagesError::hostile(
            location.name,
            "is a whiteout of no valid name",
        )),
        Some(name) => Ok(Some(Whiteout::Name(name))),
    }
}

impl Tree {
    /// Hides what is below. What this layer itself has stays, whatever the order of the entries.
    pub(super) fn whiteout(
        &mut self,
        location: &Location<'_>,
        whiteout: Whiteout<'_>,
    ) -> Result<(), ImagesError> {
        let parent = self.parent(location.parent)?;
        match whiteout {
            Whiteout::Directory if parent.path.is_empty() => {
                self.hide_all();
                Ok(())
            }
            Whiteout::Directory => set_opaque(&parent, b"."),
            Whiteout::Name(name) => self.hide(&parent, name),
        }
    }

    /// Hides one name of the layers below.
    pub(super) fn hide(&mut self, parent: &Parent, name: &[u8]) -> Result<(), ImagesError> {
        match self.find(parent, name)? {
            Some(Found::Directory) => set_opaque(parent, name),
            Some(_) => Ok(()),
            None => rustix::fs::mknodat(
                &parent.descriptor,
                name,
                FileType::CharacterDevice,
                Mode::empty(),
                0,
            )
            .map_err(ImagesError::entry(
                "make a whiteout of",
                &join(&parent.path, name),
            )),
        }
    }

    /// Overlayfs does not heed the attribute on a layer's root, so each name is hidden by itself.
    pub(super) fn hide_all_below(&mut self) -> Result<(), ImagesError> {
        let root = self.parent(b"")?;
        for layer in self.lower_roots() {
            let read = ImagesError::io("read the directory", &layer);
            let names = std::fs::read_dir(&layer).map_err(read)?;
            for entry in names {
                let entry = entry.map_err(ImagesError::io("read the directory", &layer))?;
                self.hide(
                    &root,
                    std::os::unix::ffi::OsStrExt::as_bytes(&*entry.file_name()),
                )?;
            }
        }
        Ok(())
    }

    /// Makes a directory in the place of a whiteout: the layers below stay hidden.
    pub(super) fn replace_whiteout(
        &mut self,
        parent: &Parent,
        name: &[u8],
    ) -> Result<(), ImagesError> {
        let path = join(&parent.path, name);
        let failed = |errno| ImagesError::entry("make directory", &path)(errno);
        rustix::fs::unlinkat(&parent.descriptor, name, AtFlags::empty()).map_err(failed)?;
        rustix::fs::mkdirat(&parent.descriptor, name, Mode::RWXU).map_err(failed)?;
        set_opaque(parent, name)
    }
}

fn set_opaque(parent: &Parent, name: &[u8]) -> Result<(), ImagesError> {
    let path = super::attributes::by_descriptor(&parent.descriptor, name);
    rustix::fs::lsetxattr(&path, "trusted.overlay.opaque", b"y", XattrFlags::empty())
        .map_err(ImagesError::entry("make opaque", &join(&parent.path, name)))
}
