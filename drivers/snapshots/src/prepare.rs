//! Makes a container's directory. On the path of `create`: few system calls, no sync.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use palan_model::RootfsSpec;
use rustix::fs::{AtFlags, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;

use crate::error::SnapshotsError;

/// The name of the writable layer.
pub(crate) const UPPER: &str = "upper";
const NEW_UPPER: &str = ".upper";
const WORK: &str = "work";
/// What overlayfs makes in the work directory of a volatile mount.
const VOLATILE_MARK: &str = "work/work/incompat/volatile";
const VOLATILE_DIRTY: &str = "work/work/incompat/volatile/dirty";

/// Makes `directory` with the writable layer in it, unless it is there. `layers` lowest first.
pub(crate) fn prepare(
    directory: &Path,
    layers: &[PathBuf],
    volatile: bool,
) -> Result<RootfsSpec, SnapshotsError> {
    let top = layers.last().ok_or(SnapshotsError::NoLayers)?;
    make_directory(directory, Mode::RWXU | Mode::XGRP)?;
    let failed = |errno: Errno| SnapshotsError::io("open", directory)(errno.into());
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let parent = rustix::fs::open(directory, flags, Mode::empty()).map_err(failed)?;
    let failed = |errno: Errno| SnapshotsError::io("prepare", directory)(errno.into());
    ensure_work(&parent).map_err(failed)?;
    ensure_upper(&parent, top).map_err(failed)?;
    Ok(RootfsSpec::Overlay {
        lower: layers.iter().rev().cloned().collect(),
        upper: directory.join(UPPER),
        work: directory.join(WORK),
        volatile,
    })
}

/// A mount with `volatile` leaves a mark that refuses the next mount: the layer may be incomplete
/// after a crash of the host. Such a container's layer need not survive one, so the mark goes.
fn ensure_work(parent: &OwnedFd) -> Result<(), Errno> {
    match rustix::fs::mkdirat(parent, WORK, Mode::RWXU) {
        Err(Errno::EXIST) => {
            ignore_missing(rustix::fs::unlinkat(
                parent,
                VOLATILE_DIRTY,
                AtFlags::empty(),
            ))?;
            ignore_missing(rustix::fs::unlinkat(
                parent,
                VOLATILE_MARK,
                AtFlags::REMOVEDIR,
            ))
        }
        made => made,
    }
}

/// An existing writable layer is kept as it is. A new one is complete when it gets its name; its
/// root looks as in the topmost layer.
fn ensure_upper(parent: &OwnedFd, top: &Path) -> Result<(), Errno> {
    let unfollowed = AtFlags::SYMLINK_NOFOLLOW;
    if rustix::fs::statat(parent, UPPER, unfollowed).is_ok() {
        return Ok(());
    }
    let found = rustix::fs::stat(top)?;
    ignore_existing(rustix::fs::mkdirat(parent, NEW_UPPER, Mode::RWXU))?;
    if (found.st_uid, found.st_gid) != (0, 0) {
        let (uid, gid) = (Uid::from_raw(found.st_uid), Gid::from_raw(found.st_gid));
        rustix::fs::chownat(parent, NEW_UPPER, Some(uid), Some(gid), unfollowed)?;
    }
    let mode = Mode::from_raw_mode(found.st_mode & 0o7777);
    rustix::fs::chmodat(parent, NEW_UPPER, mode, AtFlags::empty())?;
    rustix::fs::renameat(parent, NEW_UPPER, parent, UPPER)
}

/// Makes one directory, and its parents only when they are missing.
fn make_directory(path: &Path, mode: Mode) -> Result<(), SnapshotsError> {
    let made = match rustix::fs::mkdir(path, mode) {
        Err(Errno::NOENT) => {
            let parent = path.parent().unwrap_or(Path::new("/"));
            std::fs::create_dir_all(parent).map_err(SnapshotsError::io("make", parent))?;
            rustix::fs::mkdir(path, mode)
        }
        made => made,
    };
    ignore_existing(made).map_err(|errno| SnapshotsError::io("make", path)(errno.into()))
}

fn ignore_existing(made: Result<(), Errno>) -> Result<(), Errno> {
    match made {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

fn ignore_missing(removed: Result<(), Errno>) -> Result<(), Errno> {
    match removed {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}
