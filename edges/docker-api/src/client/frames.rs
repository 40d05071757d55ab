//! Taking apart the frames ([`crate::stdio`]) in which standard output and error share one stream.

use std::io::{self, Read, Write};

use crate::stdio::{HEADER_LENGTH, StreamId, parse_frame_header};

/// Bytes read at once.
const READ_SIZE: usize = 32 * 1024;

/// Why copying ended early.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The engine reported a failure inside the stream.
    #[error("error from daemon in stream: {0}")]
    System(String),
    /// No frame starts here.
    #[error("unrecognized stream: {0}")]
    Unrecognized(u8),
}

/// Copies frames to two writers until the end of the stream. A frame that is cut off by the end
/// is not an error: what arrived of it was written.
///
/// # Errors
/// When reading or writing fails, and on a failure the engine reports in the stream.
pub fn copy_frames(
    source: &mut dyn Read,
    output: &mut dyn Write,
    error: &mut dyn Write,
) -> Result<(), FrameError> {
    let mut splitter = Splitter {
        output,
        error,
        header: Vec::with_capacity(HEADER_LENGTH),
        stream: StreamId::Stdout,
        left: 0,
        failure: Vec::new(),
    };
    let mut buffer = vec![0; READ_SIZE];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return splitter.finish(),
            Ok(count) => splitter.feed(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where in a frame the stream stands.
struct Splitter<'w> {
    output: &'w mut dyn Write,
    error: &'w mut dyn Write,
    /// Bytes of a header that is not complete yet.
    header: Vec<u8>,
    stream: StreamId,
    /// Bytes left of the current payload.
    left: usize,
    /// Text of a failure the engine reports.
    failure: Vec<u8>,
}

impl Splitter<'_> {
    fn feed(&mut self, mut bytes: &[u8]) -> Result<(), FrameError> {
        while !bytes.is_empty() {
            let wanted = match self.left {
                0 => HEADER_LENGTH - self.header.len(),
                left => left,
            };
            let (piece, after) = bytes.split_at(wanted.min(bytes.len()));
            if self.left == 0 {
                self.take_header(piece)?;
            } else {
                self.take_payload(piece)?;
            }
            bytes = after;
        }
        Ok(())
    }

    fn take_header(&mut self, piece: &[u8]) -> Result<(), FrameError> {
        self.header.extend_from_slice(piece);
        let Some(header) = self.header.first_chunk::<HEADER_LENGTH>() else {
            return Ok(());
        };
        let (stream, length) =
            parse_frame_header(*header).ok_or(FrameError::Unrecognized(header[0]))?;
        self.stream = stream;
        self.left = usize::try_from(length).expect("a payload's length fits the address space");
        self.header.clear();
        Ok(())
    }

    fn take_payload(&mut self, piece: &[u8]) -> Result<(), FrameError> {
        self.left -= piece.len();
        match self.stream {
            StreamId::Stdin | StreamId::Stdout => self.output.write_all(piece)?,
            StreamId::Stderr => self.error.write_all(piece)?,
            StreamId::SystemError => {
                self.failure.extend_from_slice(piece);
                if self.left == 0 {
                    return self.finish();
                }
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), FrameError> {
        if self.failure.is_empty() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&self.failure).into_owned();
        Err(FrameError::System(text))
    }
}
