//! A hijacked connection and the user's standard streams, copied both ways.
//!
//! ```text
//! standard input --(thread)--> connection --(caller)--> standard output, standard error
//!                  |  end of input: closes the writing side
//!                  |  detach keys:  closes the connection, the caller learns that it was left
//! ```
//!
//! The thread is never joined: it may wait for a key that never comes. It ends with the program.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use palan_docker_api::client::{FrameError, Hijacked, Stream, copy_frames};

use super::detach::DetachKeys;
use super::output::{copy_raw, read_standard_input, standard_error, standard_output};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::terminal::RawMode;

/// Bytes of input sent at once.
const INPUT_SIZE: usize = 32 * 1024;

/// Which streams are attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    /// The user's input goes to the container.
    pub stdin: bool,
    /// The container's output is shown.
    pub stdout: bool,
    /// The container's error output is shown.
    pub stderr: bool,
    /// It has a terminal: one stream of raw bytes.
    pub tty: bool,
}

/// How copying ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The engine closed the stream.
    Finished,
    /// The user pressed the detach keys.
    Detached,
}

/// An attached container or exec.
#[derive(Debug)]
pub struct Attached {
    connection: Hijacked,
    streams: Streams,
    detached: Arc<AtomicBool>,
    input: Option<JoinHandle<()>>,
    raw_mode: Option<RawMode>,
}

impl Attached {
    /// Begins to send the user's input, when it is attached.
    ///
    /// # Errors
    /// When the terminal cannot be switched to raw mode or no thread can be made.
    pub fn begin(connection: Hijacked, streams: Streams, keys: DetachKeys) -> Outcome<Self> {
        let mut attached = Self {
            connection,
            streams,
            detached: Arc::new(AtomicBool::new(false)),
            input: None,
            raw_mode: None,
        };
        if streams.stdin {
            if streams.tty {
                attached.raw_mode = Some(RawMode::enter()?);
            }
            attached.spawn_input(keys)?;
        } else {
            // Docker's engine keeps the output open although nothing more comes in.
            let _ = attached.connection.stream.close_write();
        }
        Ok(attached)
    }

    fn spawn_input(&mut self, keys: DetachKeys) -> Outcome {
        let stream = self.connection.stream.try_clone()?;
        let keys = self.streams.tty.then_some(keys);
        let detached = Arc::clone(&self.detached);
        let thread = std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || send_input(stream, keys, &detached))?;
        self.input = Some(thread);
        Ok(())
    }

    /// Shows the container's output until its end.
    ///
    /// # Errors
    /// When the output cannot be written or the stream breaks.
    pub fn finish(mut self) -> Outcome<End> {
        let shown = if self.streams.stdout || self.streams.stderr {
            self.copy_output()
        } else {
            if let Some(input) = self.input.take() {
                // A panic of the thread was reported by it.
                let _ = input.join();
            }
            Ok(())
        };
        // Messages that follow must not be printed in raw mode.
        self.raw_mode = None;
        if self.detached.load(Ordering::Acquire) {
            return Ok(End::Detached);
        }
        shown.map(|()| End::Finished)
    }

    fn copy_output(&mut self) -> Outcome {
        let mut nowhere = std::io::sink();
        let mut output = standard_output();
        let mut error = standard_error();
        let outcome = if self.streams.tty {
            copy_raw(&mut self.connection, &mut output).map_err(FrameError::from)
        } else {
            let output: &mut dyn Write = if self.streams.stdout {
                &mut output
            } else {
                &mut nowhere
            };
            let mut nowhere = std::io::sink();
            let error: &mut dyn Write = if self.streams.stderr {
                &mut error
            } else {
                &mut nowhere
            };
            copy_frames(&mut self.connection, output, error)
        };
        outcome.map_err(|error| match error {
            FrameError::Io(error) => Failure::from(error),
            other => Failure::new(other.to_string()),
        })
    }
}

fn send_input(mut stream: Stream, mut keys: Option<DetachKeys>, detached: &AtomicBool) {
    let mut buffer = vec![0; INPUT_SIZE];
    loop {
        let count = match read_standard_input(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => count,
        };
        let sent = match &mut keys {
            None => stream.write_all(&buffer[..count]),
            Some(keys) => {
                let (passed, complete) = keys.filter(&buffer[..count]);
                let sent = stream.write_all(&passed);
                if complete {
                    detached.store(true, Ordering::Release);
                    let _ = stream.close();
                    return;
                }
                sent
            }
        };
        if sent.is_err() {
            // The reading side sees why and tells the user.
            return;
        }
    }
    let _ = stream.close_write();
}
