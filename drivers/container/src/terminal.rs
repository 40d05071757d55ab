//! A terminal inside the container: in its own `devpts`, bound over `/dev/console` for the first
//! process.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use palan_linux::pty::{self, Pty};
use rustix::io::Errno;
use rustix::mount::{OpenTreeFlags, open_tree};

use crate::root::{Kind, attach, ensure};

/// `DEVPTS_SUPER_MAGIC` of `linux/magic.h`.
const DEVPTS_MAGIC: u64 = 0x1cd1;

/// Makes a terminal of the given size (rows, columns) by the container's multiplexer.
pub(crate) fn open(size: Option<[u16; 2]>) -> io::Result<Pty> {
    let pty = pty::open(Path::new("/dev/pts/ptmx"))?;
    // An image or another process of the container may have put something else there.
    if u64::try_from(rustix::fs::fstatfs(&pty.slave)?.f_type) != Ok(DEVPTS_MAGIC) {
        return Err(Errno::NOTTY.into());
    }
    if let Some([rows, columns]) = size {
        pty::resize(&pty.master, rows, columns)?;
    }
    Ok(pty)
}

/// Shows the terminal as `/dev/console`.
pub(crate) fn bind_console(root: BorrowedFd<'_>, pty: &Pty) -> io::Result<()> {
    let target = ensure(root, Path::new("/dev/console"), Kind::File)?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    attach(open_tree(&pty.slave, "", flags)?.as_fd(), target.as_fd())
}
