//! Bind mounts: a detached copy of a host's mount, attached inside the root.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use palan_linux::mounts::{Attributes, Reach, set_attributes};
use palan_model::run::Mount;
use rustix::fs::{CWD, OFlags};
use rustix::io::Errno;
use rustix::mount::{OpenTreeFlags, open_tree};

use super::options::Options;
use super::targets::{self, Kind};
use super::{attach, copy_up};

/// Copies the mount at a host path, still attached nowhere.
pub(super) fn open(source: &Path, reach: Reach) -> io::Result<OwnedFd> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    if reach == Reach::Tree {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    Ok(open_tree(CWD, source, flags)?)
}

/// Attaches it with its options.
pub(super) fn mount(
    root: BorrowedFd<'_>,
    mount: &Mount,
    options: &Options,
    tree: &OwnedFd,
) -> io::Result<()> {
    let kind = targets::kind_of(tree)?;
    let destination = Path::new(&mount.destination);
    if mount.copy_up && kind == Kind::Directory {
        fill(root, destination, tree)?;
    }
    let target = targets::ensure(root, destination, kind)?;
    set_options(tree, options)?;
    attach(tree.as_fd(), target.as_fd()).map_err(|error| match targets::kind_of(&target) {
        Ok(found) if found != kind => Errno::NOTDIR.into(),
        _ => error,
    })
}

fn fill(root: BorrowedFd<'_>, destination: &Path, volume: &OwnedFd) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let image = match targets::open_with(root, destination, flags) {
        Ok(image) => image,
        Err(error) if is_no_directory(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    let volume = targets::open_with(volume.as_fd(), Path::new("."), flags)?;
    copy_up::fill(image.as_fd(), volume.as_fd())
}

fn is_no_directory(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(errno, Some(Errno::NOENT | Errno::NOTDIR))
}

/// Sets flags and propagation in as few calls as their reach allows.
fn set_options(tree: &OwnedFd, options: &Options) -> io::Result<()> {
    let mut whole = options.tree_attributes;
    let mut top = options.attributes;
    match options.propagation {
        Some((propagation, Reach::Tree)) => whole.propagation = propagation,
        Some((propagation, Reach::Mount)) => top.propagation = propagation,
        None => {}
    }
    for (reach, attributes) in [(Reach::Tree, whole), (Reach::Mount, top)] {
        if attributes != Attributes::default() {
            set_attributes(tree, Path::new(""), reach, attributes)?;
        }
    }
    Ok(())
}
