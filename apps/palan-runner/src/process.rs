//! A process of the container that the runner started, from its start to its exit code.
//!
//! ```text
//! running --pidfd readable, reaped--> draining --streams ended, or DRAIN_LIMIT--> finished
//! ```

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use palan_model::{ExecId, Timestamp};
use rustix::event::epoll::EventFlags;
use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus};

use crate::poll::{Poll, Token, Watched};
use crate::streams::{Ends, Streams};

/// How long output of others that hold the pipes is waited for after the end of a process; Docker's
/// value.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// A started process.
pub struct Process {
    /// Its number: 0 is the container's first process.
    pub number: u32,
    /// What engines call it; none for the first process.
    pub exec: Option<ExecId>,
    /// PID on the host.
    pub pid: u32,
    /// Its standard streams.
    pub streams: Streams,
    /// How it ended.
    pub end: Option<End>,
    pidfd: Option<Watched>,
}

/// How a process ended.
#[derive(Clone, Copy)]
pub struct End {
    /// Exit code, 128+n for signal n.
    pub code: i32,
    /// When it was seen.
    pub at: Timestamp,
    /// No output is waited for after this.
    pub deadline: Instant,
}

impl Process {
    /// Takes over a process that was just started; nothing is watched yet.
    ///
    /// # Errors
    /// The kernel's (`fcntl(2)`).
    pub fn new(
        number: u32,
        exec: Option<ExecId>,
        started: palan_container::Process,
        ends: Ends,
    ) -> io::Result<Self> {
        Ok(Self {
            number,
            exec,
            pid: started.pid,
            streams: Streams::new(number, ends)?,
            end: None,
            pidfd: Some(Watched::new(started.pidfd, Token::Exit(number))),
        })
    }

    /// Watches for its end and for its streams. To be called after every change.
    pub fn watch(&mut self, poll: &Poll) {
        if let Some(pidfd) = &mut self.pidfd {
            pidfd
                .watch(poll, Some(EventFlags::IN))
                .expect("the kernel has memory for one more event");
        }
        self.streams.watch(poll);
    }

    /// Takes its exit status, when it has ended.
    pub fn reap(&mut self) {
        let Some(pidfd) = &self.pidfd else { return };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let code = match rustix::process::waitid(WaitId::PidFd(pidfd.as_fd()), options) {
            Ok(Some(status)) => exit_code(&status),
            Ok(None) => return,
            Err(rustix::io::Errno::INTR) => return,
            // Not a child: somebody else took its status.
            Err(_) => KILLED,
        };
        self.end_with(code);
    }

    /// Counts it as ended.
    pub fn end_with(&mut self, code: i32) {
        self.pidfd = None;
        self.streams.drain();
        self.end = Some(End {
            code,
            at: Timestamp::now(),
            deadline: Instant::now() + DRAIN_LIMIT,
        });
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// `NotFound` when it has ended; else the kernel's (`pidfd_send_signal(2)`).
    pub fn signal(&self, number: i32) -> io::Result<()> {
        match &self.pidfd {
            Some(pidfd) => palan_linux::signals::send(pidfd, number),
            None => Err(rustix::io::Errno::SRCH.into()),
        }
    }

    /// It has ended, and nothing more is to be expected from it.
    pub fn is_finished(&self, now: Instant) -> bool {
        self.end
            .is_some_and(|end| self.streams.is_drained() || now >= end.deadline)
    }
}

/// Number of the signal that cannot be caught.
pub const SIGKILL: i32 = 9;
/// The code of a process that was killed by it.
pub const KILLED: i32 = 128 + SIGKILL;

fn exit_code(status: &WaitIdStatus) -> i32 {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => 128 + signal,
        (None, None) => KILLED,
    }
}
