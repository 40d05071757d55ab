//! The standard streams without a buffer: what a container writes is seen at once, and in order.

use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;

/// Bytes copied at once.
const COPY_SIZE: usize = 32 * 1024;

/// An open descriptor that is written to directly.
#[derive(Debug)]
pub struct Descriptor(BorrowedFd<'static>);

/// The standard output.
pub fn standard_output() -> Descriptor {
    Descriptor(rustix::stdio::stdout())
}

/// The standard error.
pub fn standard_error() -> Descriptor {
    Descriptor(rustix::stdio::stderr())
}

impl Write for Descriptor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(self.0, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the standard input without a buffer. 0 at its end.
pub(super) fn read_standard_input(buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match rustix::io::read(rustix::stdio::stdin(), &mut *buffer) {
            Err(rustix::io::Errno::INTR) => {}
            outcome => return Ok(outcome?),
        }
    }
}

/// Copies bytes as they arrive until the end.
///
/// # Errors
/// When reading or writing fails.
pub fn copy_raw(source: &mut dyn Read, target: &mut dyn Write) -> io::Result<()> {
    let mut buffer = vec![0; COPY_SIZE];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => target.write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
