//! The way into a process: its standard input, or the typing side of its terminal.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::epoll::EventFlags;
use rustix::io::Errno;

use crate::poll::{Poll, Token, Watched};

/// The writing end. Bytes that the process does not take yet are kept; as long as there are any, no
/// more are read from clients.
pub struct Input {
    end: Watched,
    kept: Vec<u8>,
    closing: bool,
}

impl Input {
    /// The writing end must not block.
    pub fn new(end: OwnedFd, process: u32) -> io::Result<Self> {
        let flags = rustix::fs::fcntl_getfl(&end)?;
        rustix::fs::fcntl_setfl(&end, flags | rustix::fs::OFlags::NONBLOCK)?;
        Ok(Self {
            end: Watched::new(end, Token::Stdin(process)),
            kept: Vec::new(),
            closing: false,
        })
    }

    /// May more be written?
    pub fn takes_more(&self) -> bool {
        self.kept.is_empty()
    }

    /// Writes bytes or keeps them.
    ///
    /// # Errors
    /// `EPIPE` when nobody can read them any more.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let taken = match rustix::io::retry_on_intr(|| rustix::io::write(&self.end, bytes)) {
            Ok(count) => count,
            Err(Errno::AGAIN) => 0,
            Err(error) => return Err(error),
        };
        self.kept.extend_from_slice(&bytes[taken..]);
        Ok(())
    }

    /// Writes what was kept.
    ///
    /// # Errors
    /// As [`Input::write`].
    pub fn flush(&mut self) -> Result<(), Errno> {
        let kept = std::mem::take(&mut self.kept);
        self.write(&kept)
    }

    /// Closes it when everything kept is written.
    pub fn close_when_flushed(&mut self) {
        self.closing = true;
    }

    /// It was closed and nothing is kept: it can be dropped.
    pub fn is_done(&self) -> bool {
        self.closing && self.kept.is_empty()
    }

    /// Watches for room while something is kept.
    ///
    /// # Errors
    /// The kernel's (`epoll_ctl(2)`).
    pub fn watch(&mut self, poll: &Poll) -> io::Result<()> {
        let wanted = (!self.kept.is_empty()).then_some(EventFlags::OUT);
        self.end.watch(poll, wanted)
    }
}
