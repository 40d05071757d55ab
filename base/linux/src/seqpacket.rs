//! Unix sockets of type `SOCK_SEQPACKET` (`unix(7)`): whole messages, with file descriptors beside
//! them.
//!
//! The functions work on plain descriptors. Those that begin with `try_` never block, whatever the
//! descriptor's mode, and fail with `WouldBlock`: use them below `epoll` or an `AsyncFd`. All
//! descriptors made or received here are closed on exec.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
};

/// Most descriptors that can travel with one message here.
pub const MAX_FDS: usize = 16;

/// Longest path that fits into a socket address (`unix(7)`), with its final zero byte left out.
const MAX_SUN_PATH: usize = 107;

/// A message that was received.
#[derive(Debug)]
pub struct Received {
    /// Length of the message in the buffer. 0 means that the peer closed its end.
    pub len: usize,
    /// The descriptors beside it, in the order in which they were sent.
    pub fds: Vec<OwnedFd>,
}

/// A connected pair.
///
/// # Errors
/// The kernel's (`socketpair(2)`).
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Listens at a path, which must not exist yet. Paths too long for a socket address work as well.
///
/// # Errors
/// The kernel's (`bind(2)`, `listen(2)`).
pub fn listen(path: &Path, backlog: i32) -> io::Result<OwnedFd> {
    let socket = socket()?;
    with_address(path, |address| rustix::net::bind(&socket, address))?;
    rustix::net::listen(&socket, backlog)?;
    Ok(socket)
}

/// Connects to a listening socket.
///
/// # Errors
/// The kernel's (`connect(2)`): `NotFound` when there is no file, `ConnectionRefused` when nobody
/// listens there any more.
pub fn connect(path: &Path) -> io::Result<OwnedFd> {
    let socket = socket()?;
    with_address(path, |address| rustix::net::connect(&socket, address))?;
    Ok(socket)
}

/// Waits for a connection, when the listening descriptor blocks.
///
/// # Errors
/// The kernel's (`accept4(2)`).
pub fn accept(listener: impl AsFd) -> io::Result<OwnedFd> {
    Ok(rustix::io::retry_on_intr(|| {
        rustix::net::accept_with(&listener, SocketFlags::CLOEXEC)
    })?)
}

/// Sends one message, waiting while the peer's queue is full.
///
/// # Errors
/// `InvalidInput` for more than [`MAX_FDS`] descriptors; else the kernel's (`sendmsg(2)`):
/// `BrokenPipe` when the peer is gone (no signal is raised).
pub fn send(socket: impl AsFd, message: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    send_with(socket.as_fd(), message, fds, SendFlags::NOSIGNAL)
}

/// Sends one message or fails with `WouldBlock` when the peer's queue is full.
///
/// # Errors
/// As [`send`].
pub fn try_send(socket: impl AsFd, message: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    send_with(socket.as_fd(), message, fds, flags)
}

/// Receives one message, waiting for it.
///
/// # Errors
/// `InvalidData` when the message is longer than the buffer or carries more descriptors than
/// [`MAX_FDS`] (those received are closed); else the kernel's (`recvmsg(2)`).
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Received> {
    receive_with(socket.as_fd(), buffer, RecvFlags::CMSG_CLOEXEC)
}

/// Receives one message or fails with `WouldBlock` when none is there.
///
/// # Errors
/// As [`receive`].
pub fn try_receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Received> {
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    receive_with(socket.as_fd(), buffer, flags)
}

fn socket() -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Calls `act` with an address for `path`. A long path is shortened by way of its opened directory.
fn with_address(
    path: &Path,
    act: impl FnOnce(&SocketAddrUnix) -> rustix::io::Result<()>,
) -> io::Result<()> {
    if path.as_os_str().len() <= MAX_SUN_PATH {
        return Ok(act(&SocketAddrUnix::new(path)?)?);
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let parent = rustix::fs::openat(CWD, parent, flags, Mode::empty())?;
    let short = format!("/proc/self/fd/{}", parent.as_raw_fd());
    Ok(act(&SocketAddrUnix::new(Path::new(&short).join(name))?)?)
}

fn send_with(
    socket: BorrowedFd<'_>,
    message: &[u8],
    fds: &[BorrowedFd<'_>],
    flags: SendFlags,
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if fds.len() > MAX_FDS
        || (!fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)))
    {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let sent = rustix::io::retry_on_intr(|| {
        rustix::net::sendmsg(socket, &[IoSlice::new(message)], &mut control, flags)
    })?;
    debug_assert_eq!(sent, message.len(), "a packet is sent whole or not at all");
    Ok(())
}

fn receive_with(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> io::Result<Received> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let message = rustix::io::retry_on_intr(|| {
        let mut parts = [IoSliceMut::new(&mut *buffer)];
        rustix::net::recvmsg(socket, &mut parts, &mut control, flags)
    })?;
    let mut fds = Vec::new();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = part {
            fds.extend(received);
        }
    }
    let lost = ReturnFlags::TRUNC | ReturnFlags::CTRUNC;
    if message.flags.intersects(lost) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(Received {
        len: message.bytes,
        fds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn messages_keep_their_borders_and_descriptors() {
        let (left, right) = pair().unwrap();
        let (mut reader, mut writer) = io::pipe().unwrap();
        send(&left, b"first", &[writer.as_fd(), reader.as_fd()]).unwrap();
        send(&left, b"second", &[]).unwrap();
        let mut buffer = [0; 64];
        let first = receive(&right, &mut buffer).unwrap();
        assert_eq!(&buffer[..first.len], b"first");
        assert_eq!(first.fds.len(), 2);
        let flags = rustix::io::fcntl_getfd(&first.fds[0]).unwrap();
        assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
        let second = receive(&right, &mut buffer).unwrap();
        assert_eq!(&buffer[..second.len], b"second");
        assert!(second.fds.is_empty());

        let mut fds = first.fds.into_iter();
        let mut passed = io::PipeWriter::from(fds.next().unwrap());
        passed.write_all(b"x").unwrap();
        writer.write_all(b"y").unwrap();
        let mut two = [0; 2];
        reader.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"xy");
    }

    #[test]
    fn try_variants_do_not_wait_and_the_end_reads_as_zero() {
        let (left, right) = pair().unwrap();
        let mut buffer = [0; 8];
        let error = try_receive(&right, &mut buffer).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        let full = (0..100_000).find_map(|_| try_send(&left, b"x", &[]).err());
        assert_eq!(full.unwrap().kind(), io::ErrorKind::WouldBlock);
        drop(left);
        while receive(&right, &mut buffer).unwrap().len > 0 {}
        let error = send(&right, b"x", &[]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_message_that_does_not_fit_is_refused() {
        let (left, right) = pair().unwrap();
        send(&left, &[7; 100], &[left.as_fd()]).unwrap();
        let error = receive(&right, &mut [0; 10]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let many = [left.as_fd(); MAX_FDS + 1];
        let error = send(&left, b"", &many).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        send(&left, b"all", &many[..MAX_FDS]).unwrap();
        let received = receive(&right, &mut [0; 10]).unwrap();
        assert_eq!(received.fds.len(), MAX_FDS);
    }

    #[test]
    fn long_paths_work() {
        let long = format!("palan-seqpacket-{}-{}", std::process::id(), "d".repeat(120));
        let directory = std::env::temp_dir().join(long);
        std::fs::create_dir(&directory).unwrap();
        let path = directory.join("socket");
        let listener = listen(&path, 8).unwrap();
        let client = connect(&path).unwrap();
        let server = accept(&listener).unwrap();
        send(&client, b"hello", &[]).unwrap();
        assert_eq!(receive(&server, &mut [0; 8]).unwrap().len, 5);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
