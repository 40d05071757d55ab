//! What the child tells its parent before it becomes the program.
//!
//! ```text
//! child                     parent
//!   | Failed(error) ---------> |   and exits
//!   | Ready + [terminal] ----> |   then loads its filter and executes the program
//!   | (closed by execve) ----> |   end of file
//! ```
//! The end of file without `Ready` means that the child was killed.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use palan_linux::seqpacket;
use palan_model::ErrorKind;
use rustix::event::{PollFd, PollFlags, Timespec};

use crate::error::StartError;

const READY: u8 = b'R';
const FAILED: u8 = b'F';
const GO: u8 = b'G';

/// Longest error text that is passed on, in bytes.
const MAX_TEXT: usize = 8 * 1024;

/// The child's end.
pub(crate) struct Reporter(OwnedFd);

/// The parent's end.
pub(crate) struct Listener(OwnedFd);

pub(crate) fn channel() -> io::Result<(Reporter, Listener)> {
    let (child, parent) = seqpacket::pair()?;
    Ok((Reporter(child), Listener(parent)))
}

impl Reporter {
    /// Everything is prepared; `console` is the terminal's master.
    pub(crate) fn ready(&self, console: Option<BorrowedFd<'_>>) -> io::Result<()> {
        seqpacket::send(&self.0, &[READY], console.as_slice())
    }

    /// Reports a failure. When nobody listens any more there is nobody to tell.
    pub(crate) fn failed(&self, error: &StartError) {
        let code = u8::try_from(error.exit_code).unwrap_or(u8::MAX);
        let mut message = vec![FAILED, code, kind_to_byte(error.kind)];
        let mut end = error.message.len().min(MAX_TEXT);
        while !error.message.is_char_boundary(end) {
            end -= 1;
        }
        message.extend(&error.message.as_bytes()[..end]);
        let _ = seqpacket::send(&self.0, &message, &[]);
    }

    /// Fails when the parent has died before its death could have been noticed.
    pub(crate) fn check_parent(&self) -> io::Result<()> {
        let mut event = [PollFd::new(&self.0, PollFlags::empty())];
        let now = Timespec::default();
        if rustix::event::poll(&mut event, Some(&now))? > 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }

    /// Waits until the parent has done its part.
    pub(crate) fn wait_for_parent(&self) -> io::Result<()> {
        let mut byte = [0];
        match seqpacket::receive(&self.0, &mut byte)?.len {
            0 => Err(io::ErrorKind::BrokenPipe.into()),
            _ => Ok(()),
        }
    }
}

impl Listener {
    /// Lets the child go on.
    pub(crate) fn go(&self) -> io::Result<()> {
        seqpacket::send(&self.0, &[GO], &[])
    }

    /// Waits for the child to become the program; returns the terminal's master when it sent one.
    pub(crate) fn wait(self) -> Result<Option<OwnedFd>, StartError> {
        let mut buffer = vec![0; MAX_TEXT + 3];
        let mut ready = None;
        loop {
            let received = seqpacket::receive(&self.0, &mut buffer)
                .map_err(|error| StartError::step("waiting for the container's process", &error))?;
            match (&buffer[..received.len], &ready) {
                ([READY], _) => ready = Some(received.fds.into_iter().next()),
                ([FAILED, code, kind, text @ ..], _) => {
                    let text = String::from_utf8_lossy(text).into_owned();
                    let kind = kind_from_byte(*kind);
                    return Err(StartError::refused(i32::from(*code), kind, text));
                }
                (_, Some(_)) => return Ok(ready.flatten()),
                (_, None) => return Err(killed()),
            }
        }
    }
}

fn killed() -> StartError {
    let text = "the process was killed while the container was being prepared \
                (memory limit too low?)";
    StartError::refused(128, ErrorKind::System, text.to_owned())
}

fn kind_to_byte(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::InvalidParameter => 1,
        ErrorKind::NotFound => 2,
        ErrorKind::Conflict => 3,
        _ => 0,
    }
}

fn kind_from_byte(byte: u8) -> ErrorKind {
    match byte {
        1 => ErrorKind::InvalidParameter,
        2 => ErrorKind::NotFound,
        3 => ErrorKind::Conflict,
        _ => ErrorKind::System,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn ready_then_closed_is_a_start() {
        let (child, parent) = channel().unwrap();
        let (terminal, _other) = io::pipe().unwrap();
        child.ready(Some(terminal.as_fd())).unwrap();
        drop(child);
        assert!(parent.wait().unwrap().is_some());
    }

    #[test]
    fn failures_arrive_whole_and_silence_is_one() {
        let (child, parent) = channel().unwrap();
        let error = StartError::refused(127, ErrorKind::InvalidParameter, "ü".repeat(9000));
        child.ready(None).unwrap();
        child.failed(&error);
        let got = parent.wait().unwrap_err();
        assert_eq!(
            (got.exit_code, got.kind),
            (127, ErrorKind::InvalidParameter)
        );
        assert_eq!(got.message, "ü".repeat(4096));

        let (child, parent) = channel().unwrap();
        drop(child);
        assert!(parent.wait().unwrap_err().message.contains("killed"));
    }
}
