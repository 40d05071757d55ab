//! `mount_setattr(2)`. The rest of the mount interface is `rustix::mount`.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::check;

/// What to change about a mount: `MOUNT_ATTR_..` bits and a propagation type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Bits to set. Setting a time attribute needs `MOUNT_ATTR__ATIME` in `clear`.
    pub set: u64,
    /// Bits to clear.
    pub clear: u64,
    /// `MS_SHARED`, `MS_SLAVE`, `MS_PRIVATE`, `MS_UNBINDABLE` or 0 to leave it.
    pub propagation: u64,
}

/// How far a change reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The mount itself.
    Mount,
    /// The mount and all below it.
    Tree,
}

/// Changes the mount at `path` below `at`; an empty path is the mount of `at` itself.
///
/// # Errors
/// The kernel's (`mount_setattr(2)`): `InvalidInput` when there is no mount at the path.
pub fn set_attributes(
    at: impl AsFd,
    path: &Path,
    reach: Reach,
    attributes: Attributes,
) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut flags = libc::AT_SYMLINK_NOFOLLOW;
    if path.is_empty() {
        flags |= libc::AT_EMPTY_PATH;
    }
    if reach == Reach::Tree {
        flags |= libc::AT_RECURSIVE;
    }
    let change = libc::mount_attr {
        attr_set: attributes.set,
        attr_clr: attributes.clear,
        propagation: attributes.propagation,
        userns_fd: 0,
    };
    // SAFETY: `path` and `change` outlive the call; the size is that of `change`.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            at.as_fd().as_raw_fd(),
            path.as_ptr(),
            flags,
            &raw const change,
            size_of::<libc::mount_attr>(),
        )
    })?;
    Ok(())
}
