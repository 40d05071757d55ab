//! Executing programs.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::RawFd;
use std::ptr;

use crate::check;

/// A program with its arguments and environment, ready to be executed without another allocation.
#[derive(Debug)]
pub struct Command {
    path: CString,
    // The vectors own what the pointers below point to.
    _arguments: Vec<CString>,
    _environment: Vec<CString>,
    argv: Vec<*const libc::c_char>,
    envp: Vec<*const libc::c_char>,
}

impl Command {
    /// Prepares an execution.
    #[must_use]
    pub fn new(path: CString, arguments: Vec<CString>, environment: Vec<CString>) -> Self {
        let pointers = |strings: &[CString]| {
            let each = strings.iter().map(|text| text.as_ptr());
            each.chain([ptr::null()]).collect::<Vec<_>>()
        };
        Self {
            argv: pointers(&arguments),
            envp: pointers(&environment),
            path,
            _arguments: arguments,
            _environment: environment,
        }
    }

    /// The path of the program.
    #[must_use]
    pub fn path(&self) -> &CStr {
        &self.path
    }

    /// Replaces this process by the program. Returns only when that failed.
    pub fn execute(&self) -> io::Error {
        // SAFETY: the path and all strings end in a zero byte, both vectors end in a null pointer,
        // and all live until the call has returned. Moving a CString does not move its bytes.
        unsafe { libc::execve(self.path.as_ptr(), self.argv.as_ptr(), self.envp.as_ptr()) };
        io::Error::last_os_error()
    }
}

/// Marks all descriptors from `first` on to be closed when a program is executed.
///
/// # Errors
/// The kernel's (`close_range(2)`).
pub fn close_on_exec_from(first: RawFd) -> io::Result<()> {
    // SAFETY: nothing is closed now; only flags change.
    check(unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    })?;
    Ok(())
}
