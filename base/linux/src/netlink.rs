//! Options of netlink sockets (`netlink(7)`).

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Makes the kernel explain refusals in words, and leave the refused request out of its answers.
///
/// # Errors
/// The kernel's (`setsockopt(2)`).
pub fn explain_errors(socket: impl AsFd) -> io::Result<()> {
    set_option(&socket, libc::NETLINK_EXT_ACK)?;
    set_option(&socket, libc::NETLINK_CAP_ACK)
}

fn set_option(socket: &impl AsFd, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: `on` is an int that lives until the call returns, and its size is what is passed.
    let answer = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_NETLINK,
            option,
            std::ptr::from_ref(&on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
