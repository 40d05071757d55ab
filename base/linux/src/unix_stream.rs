//! Stream sockets of the unix family (`unix(7)`).

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Whether the other side has read everything that was written so far.
///
/// # Errors
/// The kernel's (`SIOCOUTQ`).
pub fn is_drained(socket: impl AsFd) -> io::Result<bool> {
    let mut waiting: libc::c_int = 0;
    // SAFETY: TIOCOUTQ (SIOCOUTQ by its older name) writes one int, and `waiting` lives until the
    // call returns.
    let answer = unsafe {
        libc::ioctl(
            socket.as_fd().as_raw_fd(),
            libc::TIOCOUTQ,
            std::ptr::from_mut(&mut waiting),
        )
    };
    if answer == 0 {
        Ok(waiting == 0)
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_socket_is_drained_when_all_was_read() {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        assert!(is_drained(&ours).unwrap());
        ours.write_all(b"head").unwrap();
        assert!(!is_drained(&ours).unwrap());
        theirs.read_exact(&mut [0; 3]).unwrap();
        assert!(!is_drained(&ours).unwrap());
        theirs.read_exact(&mut [0; 1]).unwrap();
        assert!(is_drained(&ours).unwrap());
    }
}
