//! `/sys/fs/cgroup` of a container on version 1: a small tmpfs with the container's own directory of
//! each hierarchy.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use palan_linux::mounts::{Attributes, Reach, set_attributes};
use palan_model::run::Mount;
use rustix::fs::Mode;
use rustix::mount::{MountFlags, MoveMountFlags, move_mount};

use super::bind;
use super::options::Options;
use super::targets::{self, Kind};
use crate::cgroups::Cgroup;

/// One hierarchy.
pub(super) struct Directory {
    name: String,
    controllers: Vec<String>,
    tree: OwnedFd,
}

/// Copies the mounts while the host's paths are there.
pub(super) fn open(cgroup: &Cgroup) -> io::Result<Vec<Directory>> {
    let open = |(name, controllers, path): (&str, &[String], &Path)| {
        Ok(Directory {
            name: name.to_owned(),
            controllers: controllers.to_vec(),
            tree: bind::open(path, Reach::Mount)?,
        })
    };
    cgroup.v1_directories().map(open).collect()
}

/// Mounts them. All get the options of the mount.
pub(super) fn mount(
    root: BorrowedFd<'_>,
    mount: &Mount,
    options: &Options,
    directories: &[Directory],
) -> io::Result<()> {
    let destination = Path::new(&mount.destination);
    let target = targets::ensure(root, destination, Kind::Directory)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("tmpfs", destination, "tmpfs", flags, c"mode=755")?;
    drop(target);
    let top = targets::open(root, destination)?;
    for directory in directories {
        add(top.as_fd(), options.attributes, directory)?;
    }
    set_attributes(top, Path::new(""), Reach::Mount, options.attributes)
}

fn add(top: BorrowedFd<'_>, attributes: Attributes, directory: &Directory) -> io::Result<()> {
    let name = directory.name.as_str();
    rustix::fs::mkdirat(top, name, Mode::from_raw_mode(0o755))?;
    set_attributes(&directory.tree, Path::new(""), Reach::Mount, attributes)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    move_mount(&directory.tree, "", top, name, flags)?;
    // Controllers mounted together are also found by each of their names.
    for controller in &directory.controllers {
        if directory.controllers.len() > 1 && controller != name {
            rustix::fs::symlinkat(name, top, controller)?;
        }
    }
    Ok(())
}
