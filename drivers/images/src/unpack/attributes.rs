//! Owner, mode, extended attributes and times of what was made.

use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

use rustix::fs::{AtFlags, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;

use crate::error::ImagesError;
use crate::tar::{Entry, ModificationTime};

/// Attributes that overlayfs gives a meaning to. An archive may not set them.
const OVERLAY: [&[u8]; 2] = [b"trusted.overlay.", b"user.overlay."];

/// Permission bits with setuid, setgid and sticky.
pub(super) fn mode(bits: u32) -> Mode {
    Mode::from_raw_mode(bits & 0o7777)
}

/// Access and modification time, both the same: what is unpacked twice is equal.
pub(super) fn times(modified: ModificationTime) -> Timestamps {
    let time = Timespec {
        tv_sec: modified.seconds,
        tv_nsec: modified.nanoseconds.into(),
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}

/// A path to a name in an open directory, for system calls that take only paths.
pub(super) fn by_descriptor(directory: impl AsFd, name: &[u8]) -> PathBuf {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let fd = directory.as_fd().as_raw_fd();
    PathBuf::from(format!("/proc/self/fd/{fd}")).join(OsStr::from_bytes(name))
}

/// Sets the owner of a name, not following links.
pub(super) fn set_owner(
    directory: impl AsFd,
    name: &[u8],
    (uid, gid): (u32, u32),
) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    rustix::fs::chownat(
        directory,
        name,
        Some(uid),
        Some(gid),
        AtFlags::SYMLINK_NOFOLLOW,
    )
}

/// Sets the owner of what was just made. What root makes is root's: that needs no call.
pub(super) fn set_first_owner(
    directory: impl AsFd,
    name: &[u8],
    owner: (u32, u32),
) -> Result<(), Errno> {
    if owner == (0, 0) && rustix::process::geteuid().is_root() {
        return Ok(());
    }
    set_owner(directory, name, owner)
}

/// Sets the entry's extended attributes. What the file system does not know is left out, as Docker
/// does.
pub(super) fn set_xattrs(
    entry: &Entry,
    set: impl Fn(&[u8], &[u8]) -> Result<(), Errno>,
) -> Result<(), ImagesError> {
    for (name, value) in &entry.xattrs {
        if is_overlays(name) {
            continue;
        }
        match set(name, value) {
            Ok(()) => {}
            Err(Errno::NOTSUP) => tracing::debug!(?name, "extended attribute is not supported"),
            Err(Errno::PERM) if name.starts_with(b"user.") => {}
            Err(errno) => return Err(ImagesError::entry("set attributes of", &entry.path)(errno)),
        }
    }
    Ok(())
}

pub(super) fn is_overlays(name: &[u8]) -> bool {
    OVERLAY.iter().any(|prefix| name.starts_with(prefix))
}

/// Sets everything but the data of a name that is not a directory nor an open file.
pub(super) fn apply(
    directory: impl AsFd,
    name: &[u8],
    entry: &Entry,
    has_mode: HasMode,
) -> Result<(), ImagesError> {
    let failed = |errno| ImagesError::entry("set attributes of", &entry.path)(errno);
    let directory = directory.as_fd();
    set_owner(directory, name, (entry.uid, entry.gid)).map_err(failed)?;
    if has_mode == HasMode::Yes {
        rustix::fs::chmodat(directory, name, mode(entry.mode), AtFlags::empty()).map_err(failed)?;
    }
    if !entry.xattrs.is_empty() {
        let path = by_descriptor(directory, name);
        set_xattrs(entry, |key, value| {
            rustix::fs::lsetxattr(&path, key, value, XattrFlags::empty())
        })?;
    }
    let times = times(entry.modified);
    rustix::fs::utimensat(directory, name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)
}

/// Symbolic links have no permission bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HasMode {
    Yes,
    No,
}
