//! Waiting for descriptors (`epoll(7)`, level-triggered).
//!
//! One event is taken at a time. Handling it may close descriptors, and an event that was taken
//! earlier for one of those cannot exist. Numbers in tokens are never used twice.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use palan_model::log::StdStream;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// Whose descriptor is ready. Processes, clients and controls go by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A new engine connects.
    Listener,
    /// A message of an engine.
    Control(u32),
    /// The process ended.
    Exit(u32),
    /// The process printed something.
    Output(u32, StdStream),
    /// The process takes more input.
    Stdin(u32),
    /// An attached client of the process.
    Client(u32, u32),
}

impl Token {
    fn pack(self) -> u64 {
        let (kind, process, client) = match self {
            Token::Listener => (0, 0, 0),
            Token::Control(number) => (1, number, 0),
            Token::Exit(process) => (2, process, 0),
            Token::Output(process, StdStream::Stdout) => (3, process, 0),
            Token::Output(process, StdStream::Stderr) => (4, process, 0),
            Token::Stdin(process) => (5, process, 0),
            Token::Client(process, client) => (6, process, client),
        };
        kind << 60 | u64::from(process) << 30 | u64::from(client)
    }

    fn unpack(bits: u64) -> Self {
        const MASK: u64 = (1 << 30) - 1;
        let process = (bits >> 30 & MASK) as u32;
        let client = (bits & MASK) as u32;
        match bits >> 60 {
            0 => Token::Listener,
            1 => Token::Control(process),
            2 => Token::Exit(process),
            3 => Token::Output(process, StdStream::Stdout),
            4 => Token::Output(process, StdStream::Stderr),
            5 => Token::Stdin(process),
            _ => Token::Client(process, client),
        }
    }
}

/// The set of watched descriptors.
pub struct Poll(OwnedFd);

impl Poll {
    /// An empty set.
    ///
    /// # Errors
    /// The kernel's (`epoll_create1(2)`).
    pub fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    /// Waits for the next event; none when the time ran out.
    ///
    /// # Errors
    /// The kernel's (`epoll_wait(2)`).
    pub fn next(&self, timeout: Option<Duration>) -> io::Result<Option<(Token, EventFlags)>> {
        let limit = timeout.map(|t| Timespec {
            tv_sec: i64::try_from(t.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: t.subsec_nanos().into(),
        });
        let mut events = [Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        }];
        loop {
            match epoll::wait(&self.0, &mut events, limit.as_ref()) {
                Ok(0) => return Ok(None),
                Ok(_) => return Ok(Some((Token::unpack(events[0].data.u64()), events[0].flags))),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A descriptor that can be watched. Closing it (dropping this) ends the watching too, because no
/// other process holds a copy for longer than until its `execve(2)`.
pub struct Watched {
    fd: OwnedFd,
    token: Token,
    interest: Option<EventFlags>,
}

impl Watched {
    /// Not watched yet.
    pub fn new(fd: OwnedFd, token: Token) -> Self {
        Self {
            fd,
            token,
            interest: None,
        }
    }

    /// What its events carry.
    pub fn token(&self) -> Token {
        self.token
    }

    /// Watches for these events from now on. None stops watching altogether: the kernel reports
    /// errors and hang-ups of every watched descriptor, also of one without any flag.
    ///
    /// # Errors
    /// The kernel's (`epoll_ctl(2)`).
    pub fn watch(&mut self, poll: &Poll, wanted: Option<EventFlags>) -> io::Result<()> {
        let data = EventData::new_u64(self.token.pack());
        match (self.interest, wanted) {
            (old, new) if old == new => {}
            (None, Some(flags)) => epoll::add(&poll.0, &self.fd, data, flags)?,
            (Some(_), Some(flags)) => epoll::modify(&poll.0, &self.fd, data, flags)?,
            (_, None) => epoll::delete(&poll.0, &self.fd)?,
        }
        self.interest = wanted;
        Ok(())
    }
}

impl AsFd for Watched {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_packing() {
        let big = (1 << 30) - 1;
        for token in [
            Token::Listener,
            Token::Control(big),
            Token::Exit(0),
            Token::Output(7, StdStream::Stdout),
            Token::Output(big, StdStream::Stderr),
            Token::Stdin(3),
            Token::Client(big, big),
            Token::Client(0, 1),
        ] {
            assert_eq!(Token::unpack(token.pack()), token);
        }
    }

    #[test]
    fn readiness_is_reported_while_it_is_asked_for() {
        let poll = Poll::new().unwrap();
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let mut watched = Watched::new(reader, Token::Stdin(1));
        watched.watch(&poll, Some(EventFlags::IN)).unwrap();
        let now = Some(Duration::ZERO);
        assert!(poll.next(now).unwrap().is_none());
        rustix::io::write(&writer, b"x").unwrap();
        assert_eq!(
            poll.next(None).unwrap(),
            Some((Token::Stdin(1), EventFlags::IN))
        );
        watched.watch(&poll, None).unwrap();
        drop(writer);
        assert!(poll.next(now).unwrap().is_none());
        watched.watch(&poll, Some(EventFlags::empty())).unwrap();
        assert_eq!(
            poll.next(None).unwrap(),
            Some((Token::Stdin(1), EventFlags::HUP))
        );
    }
}
