//! Leaving namespaces (`unshare(2)`). Joining is `rustix::thread::move_into_link_name_space` and
//! `move_into_thread_name_spaces`.

use std::io;

use rustix::thread::UnshareFlags;

/// Moves the calling thread into new namespaces.
///
/// # Errors
/// `InvalidInput` for [`UnshareFlags::FILES`], which would break the promises of open descriptors;
/// else the kernel's (`unshare(2)`).
pub fn unshare(new: UnshareFlags) -> io::Result<()> {
    if new.contains(UnshareFlags::FILES) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the descriptor table is not among what is unshared.
    Ok(unsafe { rustix::thread::unshare_unsafe(new) }?)
}
