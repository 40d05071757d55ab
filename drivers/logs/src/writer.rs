//! Appending to a log, with rotation as Docker does it: before a batch is written to a file that has
//! reached its size, the file becomes `.1`, `.1` becomes `.2`, and so on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use palan_model::Timestamp;
use palan_model::log::{LogSpec, StdStream};

use crate::entry::{Stamp, encode};
use crate::error::LogError;
use crate::files::numbered;
use crate::lines::{Line, Lines};
use crate::rfc3339::Rfc3339;

/// Encoded bytes are written when they are this many, and at the end of each call.
const BATCH: usize = 32 * 1024;

/// The writing end of a container's log. One per log; it does not lock the file.
pub struct LogWriter {
    file: LogFile,
    stdout: Lines,
    stderr: Lines,
}

impl LogWriter {
    /// Opens the log, keeping what is in it. The directory must exist.
    ///
    /// # Errors
    /// When the file cannot be made or opened.
    pub fn open(spec: &LogSpec) -> Result<Self, LogError> {
        Ok(Self {
            file: LogFile::open(spec)?,
            stdout: Lines::default(),
            stderr: Lines::default(),
        })
    }

    /// Logs bytes that were read from a stream at `now`.
    ///
    /// # Errors
    /// When the file cannot be written or rotated. The lines that could not be written are lost, the
    /// file holds whole entries only, and the next call tries again.
    pub fn write(
        &mut self,
        stream: StdStream,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(), LogError> {
        self.log(stream, now, |lines, emit| lines.split(bytes, now, emit))
    }

    /// Logs what is left of a stream's last line, which had no line feed.
    ///
    /// # Errors
    /// As [`LogWriter::write`].
    pub fn finish(&mut self, stream: StdStream, now: Timestamp) -> Result<(), LogError> {
        self.log(stream, now, |lines, emit| lines.finish(now, emit))
    }

    fn log(
        &mut self,
        stream: StdStream,
        now: Timestamp,
        split: impl FnOnce(&mut Lines, &mut dyn FnMut(Line<'_>)),
    ) -> Result<(), LogError> {
        let lines = match stream {
            StdStream::Stdout => &mut self.stdout,
            StdStream::Stderr => &mut self.stderr,
        };
        let mut batch = Batch {
            file: &mut self.file,
            stream,
            now,
            now_text: Rfc3339::new(now),
            entries: Vec::new(),
            result: Ok(()),
        };
        split(lines, &mut |line| batch.add(&line));
        batch.flush();
        batch.result
    }
}

/// Whole entries on their way to the file. Its memory lives as long as one call.
struct Batch<'a> {
    file: &'a mut LogFile,
    stream: StdStream,
    now: Timestamp,
    now_text: Rfc3339,
    entries: Vec<u8>,
    result: Result<(), LogError>,
}

impl Batch<'_> {
    fn add(&mut self, line: &Line<'_>) {
        if self.entries.len() >= BATCH || self.file.is_full_after(self.entries.len()) {
            self.flush();
        }
        let earlier = (line.time != self.now).then(|| Rfc3339::new(line.time));
        let stamp = Stamp {
            stream: self.stream,
            time: earlier.as_ref().unwrap_or(&self.now_text).as_bytes(),
        };
        let end: &[u8] = if line.complete { b"\n" } else { b"" };
        encode(&mut self.entries, line.text, end, stamp);
    }

    /// Later entries are tried although earlier ones failed; the first error is kept.
    fn flush(&mut self) {
        if self.entries.is_empty() {
            return;
        }
        let appended = self.file.append(&self.entries);
        self.entries.clear();
        if self.result.is_ok() {
            self.result = appended;
        }
    }
}

/// The current file of a log.
struct LogFile {
    file: File,
    path: PathBuf,
    size: u64,
    max_size: u64,
    max_files: u32,
}

impl LogFile {
    fn open(spec: &LogSpec) -> Result<Self, LogError> {
        let error = |e| LogError::new("open", &spec.path, e);
        let file = open_append(&spec.path).map_err(error)?;
        let size = file.metadata().map_err(error)?.len();
        Ok(Self {
            file,
            path: spec.path.clone(),
            size,
            max_size: spec.max_size.unwrap_or(u64::MAX),
            max_files: spec.max_files,
        })
    }

    fn is_full_after(&self, more: usize) -> bool {
        self.size.saturating_add(more as u64) >= self.max_size
    }

    fn append(&mut self, entries: &[u8]) -> Result<(), LogError> {
        if self.is_full_after(0) {
            self.rotate()?;
        }
        if let Err(error) = self.file.write_all(entries) {
            // A part may have been written before the disk was full.
            let _ = self.file.set_len(self.size);
            return Err(LogError::new("write to", &self.path, error));
        }
        self.size += entries.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> Result<(), LogError> {
        self.file = self
            .shift()
            .and_then(|()| open_append(&self.path))
            .map_err(|e| LogError::new("rotate", &self.path, e))?;
        self.size = 0;
        Ok(())
    }

    /// Renames every file to the next higher number; the oldest is overwritten. A single file is
    /// removed, where Docker empties it: whoever reads it can so tell the old one from the new one.
    fn shift(&self) -> io::Result<()> {
        if self.max_files < 2 {
            return fs::remove_file(&self.path);
        }
        for index in (1..self.max_files).rev() {
            let older = numbered(&self.path, index);
            match fs::rename(numbered(&self.path, index - 1), older) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn open_append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(path)
}

#[cfg(test)]
mod tests;
