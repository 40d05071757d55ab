//! Reading forwards through the files of a log. Blocking; nothing here waits for more.

use std::collections::VecDeque;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use palan_model::log::{LogEntry, LogQuery, LogSpec, StdStream};

use super::decode::decode;
use super::source::{self, LogFile};
use super::tail;

const BLOCK: usize = 64 * 1024;
/// Longer lines cannot come from a log writer and are skipped.
const MAX_LINE: usize = 1024 * 1024;

/// Entries that were read together.
#[derive(Default)]
pub(super) struct Batch {
    /// Empty only when there is nothing more to read now.
    pub entries: Vec<LogEntry>,
    /// An entry after the end of the query was met: there will be no more.
    pub past_end: bool,
}

/// A position in a log.
pub(super) struct Cursor {
    path: PathBuf,
    max_files: u32,
    query: LogQuery,
    /// The file being read, then the newer ones.
    files: VecDeque<LogFile>,
    offset: u64,
    /// The line whose end was not read yet.
    line: Vec<u8>,
}

impl Cursor {
    /// Opens the files and finds the place to start.
    pub(super) fn open(log: &LogSpec, query: LogQuery) -> io::Result<Self> {
        let files = source::open_newer(&log.path, log.max_files, None)?;
        let start = match query.tail {
            Some(lines) => tail::find(&files, lines)?,
            None => tail::Start { file: 0, offset: 0 },
        };
        Ok(Self {
            path: log.path.clone(),
            max_files: log.max_files,
            query,
            files: files.into_iter().skip(start.file).collect(),
            offset: start.offset,
            line: Vec::new(),
        })
    }

    /// The next entries that the query wants.
    pub(super) fn read(&mut self) -> io::Result<Batch> {
        let mut block = vec![0; BLOCK];
        let mut batch = Batch::default();
        while batch.entries.is_empty() && !batch.past_end {
            let count = self.read_block(&mut block)?;
            if count == 0 && !self.next_file(&mut block)? {
                break;
            }
            self.take_lines(&block[..count], &mut batch);
        }
        Ok(batch)
    }

    fn read_block(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let Some(log) = self.files.front() else {
            return Ok(0);
        };
        let mut room = block.len();
        if !self.query.follow {
            // What is written after the log was opened is not read, else a busy log has no end.
            let left = log.size.saturating_sub(self.offset);
            room = room.min(usize::try_from(left).unwrap_or(room));
        }
        let count = log.file.read_at(&mut block[..room], self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }

    /// Goes on to a newer file, or to the beginning of one that was emptied. False when there is none.
    fn next_file(&mut self, block: &mut [u8]) -> io::Result<bool> {
        if self.files.len() > 1 {
            self.files.pop_front();
            self.rewind();
            return Ok(true);
        }
        if !self.query.follow {
            return Ok(false);
        }
        let Some(last) = self.files.front() else {
            self.files = source::open_newer(&self.path, self.max_files, None)?.into();
            return Ok(!self.files.is_empty());
        };
        if last.file.metadata()?.len() < self.offset {
            self.rewind();
            return Ok(true);
        }
        if source::is_current(&self.path, last.id) {
            return Ok(false);
        }
        // It was renamed after its last entry was written, perhaps since it was read to its end.
        if last.file.read_at(&mut block[..1], self.offset)? == 0 {
            self.files = source::open_newer(&self.path, self.max_files, Some(last.id))?.into();
            self.rewind();
        }
        Ok(true)
    }

    fn rewind(&mut self) {
        self.offset = 0;
        self.line.clear();
    }

    fn take_lines(&mut self, block: &[u8], batch: &mut Batch) {
        for part in block.split_inclusive(|b| *b == b'\n') {
            if self.line.len() <= MAX_LINE {
                self.line.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                let entry = decode(&self.line);
                self.line.clear();
                if let Some(entry) = entry {
                    self.take_entry(entry, batch);
                }
            }
        }
    }

    fn take_entry(&self, entry: LogEntry, batch: &mut Batch) {
        let query = &self.query;
        let wanted = match entry.stream {
            StdStream::Stdout => query.stdout,
            StdStream::Stderr => query.stderr,
        };
        if query.until.is_some_and(|until| entry.time > until) {
            batch.past_end = true;
        } else if wanted && !batch.past_end && query.since.is_none_or(|since| entry.time >= since) {
            batch.entries.push(entry);
        }
    }
}
