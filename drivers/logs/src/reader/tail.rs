//! Finding where the last lines of a log begin, reading backwards.

use std::io;
use std::os::unix::fs::FileExt;

use super::source::LogFile;

const BLOCK: usize = 64 * 1024;

/// Where to start reading.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// Which of the files.
    pub file: usize,
    /// Offset in it.
    pub offset: u64,
}

/// The beginning of the last `lines` complete lines of `files`, oldest first. An unfinished line at
/// the very end is not counted.
pub(super) fn find(files: &[LogFile], lines: u64) -> io::Result<Start> {
    let mut wanted = lines;
    for (index, file) in files.iter().enumerate().rev() {
        match start_in(file, wanted)? {
            Found::At(offset) => {
                return Ok(Start {
                    file: index,
                    offset,
                });
            }
            Found::Only(count) => wanted -= count,
        }
    }
    Ok(Start { file: 0, offset: 0 })
}

enum Found {
    At(u64),
    /// The file has only so many lines, not more than were wanted.
    Only(u64),
}

fn start_in(log: &LogFile, lines: u64) -> io::Result<Found> {
    let mut buffer = vec![0; BLOCK];
    let mut count = 0;
    let mut end = log.size;
    while end > 0 {
        let start = end.saturating_sub(BLOCK as u64);
        let block = &mut buffer[..usize::try_from(end - start).unwrap_or(BLOCK)];
        log.file.read_exact_at(block, start)?;
        for (at, _) in block.iter().enumerate().rev().filter(|(_, b)| **b == b'\n') {
            // The line feed before the first wanted line is one more than the lines have.
            if count == lines {
                return Ok(Found::At(start + at as u64 + 1));
            }
            count += 1;
        }
        end = start;
    }
    Ok(Found::Only(count))
}
