//! Making the standard streams of a process: the ends it gets, and ours.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;

use palan_container::Stdio;
use palan_model::log::StdStream;
use palan_model::runner::AttachSpec;
use rustix::pipe::PipeFlags;

use crate::streams::Ends;

/// Pipes for the streams in `open`; the others are `/dev/null`. With a terminal there is nothing to
/// make before the process has started: [`add_console`].
///
/// # Errors
/// The kernel's (`pipe2(2)`, `open(2)`).
pub fn make(terminal: bool, open: AttachSpec) -> io::Result<(Stdio, Ends)> {
    let mut ends = Ends {
        terminal,
        ..Ends::default()
    };
    if terminal {
        return Ok((Stdio::Terminal, ends));
    }
    let stdin = if open.stdin {
        let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        ends.input = Some(writer);
        reader
    } else {
        File::open("/dev/null")?.into()
    };
    let mut output = |wanted: bool, stream| -> io::Result<OwnedFd> {
        if !wanted {
            return Ok(OpenOptions::new().write(true).open("/dev/null")?.into());
        }
        let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        ends.outputs.push((stream, reader));
        Ok(writer)
    };
    let stdout = output(open.stdout, StdStream::Stdout)?;
    let stderr = output(open.stderr, StdStream::Stderr)?;
    Ok((
        Stdio::Pipes {
            stdin,
            stdout,
            stderr,
        },
        ends,
    ))
}

/// Adds the terminal of a started process; `takes_input` when clients may type.
///
/// # Errors
/// The kernel's (`fcntl(2)`).
pub fn add_console(ends: &mut Ends, console: OwnedFd, takes_input: bool) -> io::Result<()> {
    if takes_input {
        ends.input = Some(console.try_clone()?);
    }
    ends.outputs.push((StdStream::Stdout, console));
    Ok(())
}
