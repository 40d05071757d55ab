//! The terminal of the user: its size and its raw mode.

use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{self, OptionalActions, Termios};

/// Columns of the terminal on the standard output.
pub fn width() -> Option<usize> {
    let (_, columns) = size(rustix::stdio::stdout())?;
    (columns > 0).then_some(usize::from(columns))
}

/// Rows and columns.
pub fn size(fd: BorrowedFd<'_>) -> Option<(u16, u16)> {
    let size = termios::tcgetwinsize(fd).ok()?;
    Some((size.ws_row, size.ws_col))
}

/// The standard input is a terminal.
pub fn stdin_is_terminal() -> bool {
    termios::isatty(rustix::stdio::stdin())
}

/// The standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    termios::isatty(rustix::stdio::stdout())
}

/// The standard error is a terminal.
pub fn stderr_is_terminal() -> bool {
    termios::isatty(rustix::stdio::stderr())
}

/// The terminal's mode before raw mode, while raw mode lasts. Global, as the terminal is: whoever
/// ends the program must restore it.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Raw mode of the terminal on the standard input, until drop.
#[derive(Debug)]
pub struct RawMode(());

impl RawMode {
    /// Switches to raw mode: every key reaches the container, nothing is echoed here. Does
    /// nothing when the standard input is no terminal.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub fn enter() -> std::io::Result<Self> {
        let stdin = rustix::stdio::stdin();
        if termios::isatty(stdin) {
            let before = termios::tcgetattr(stdin)?;
            let mut raw = before.clone();
            raw.make_raw();
            *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
            termios::tcsetattr(stdin, OptionalActions::Now, &raw)?;
        }
        Ok(Self(()))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore();
    }
}

/// Back to the mode before raw mode, when raw mode is on. May be called from any thread.
pub fn restore() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // A terminal that went away needs no restoring.
        let _ = termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &before);
    }
}
