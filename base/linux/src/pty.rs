//! Pseudo-terminals (`pty(7)`, `pts(4)`).

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;

/// Both ends of a terminal, closed on exec.
#[derive(Debug)]
pub struct Pty {
    /// What is written here is typed; what the program prints is read here.
    pub master: OwnedFd,
    /// The program's standard streams.
    pub slave: OwnedFd,
}

/// Makes a terminal in the `devpts` file system that `ptmx` belongs to: `/dev/ptmx` or
/// `/dev/pts/ptmx`. It does not become the controlling terminal of the caller.
///
/// # Errors
/// The kernel's: `NotFound` when there is no such multiplexer, `StorageFull` when there are no
/// terminals left.
pub fn open(ptmx: &Path) -> io::Result<Pty> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let master = rustix::fs::openat(CWD, ptmx, flags, Mode::empty())?;
    rustix::pty::unlockpt(&master)?;
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let slave = rustix::pty::ioctl_tiocgptpeer(&master, flags)?;
    Ok(Pty { master, slave })
}

/// Sets the size of a terminal by either end. Its foreground processes get `SIGWINCH`.
///
/// # Errors
/// The kernel's (`ioctl_tty(2)`).
pub fn resize(terminal: impl AsFd, rows: u16, columns: u16) -> io::Result<()> {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    Ok(rustix::termios::tcsetwinsize(terminal, size)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_echoed_and_read() {
        let pty = open(Path::new("/dev/ptmx")).unwrap();
        resize(&pty.master, 24, 80).unwrap();
        let size = rustix::termios::tcgetwinsize(&pty.slave).unwrap();
        assert_eq!((size.ws_row, size.ws_col), (24, 80));
        rustix::io::write(&pty.master, b"hi\n").unwrap();
        let mut buffer = [0; 16];
        let count = rustix::io::read(&pty.slave, &mut buffer).unwrap();
        assert_eq!(&buffer[..count], b"hi\n");
        let count = rustix::io::read(&pty.master, &mut buffer).unwrap();
        assert_eq!(&buffer[..count], b"hi\r\n");
    }
}
