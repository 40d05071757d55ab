//! The files of a log, as they are found at one moment.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::files::numbered;

/// Identifies a file however it is named now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

/// An open file of the log.
pub(super) struct LogFile {
    pub file: File,
    pub id: FileId,
    /// Its size when it was opened.
    pub size: u64,
}

fn open(path: &Path) -> io::Result<Option<LogFile>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    Ok(Some(LogFile {
        id: id(&metadata),
        size: metadata.len(),
        file,
    }))
}

fn id(metadata: &std::fs::Metadata) -> FileId {
    FileId {
        device: metadata.dev(),
        inode: metadata.ino(),
    }
}

/// How often a scan that a rotation fell into is repeated.
const ATTEMPTS: usize = 1000;

/// Opens the files of a log, oldest first: those newer than `known`, or all when there is none or it
/// is no longer there.
pub(super) fn open_newer(
    path: &Path,
    max_files: u32,
    known: Option<FileId>,
) -> io::Result<Vec<LogFile>> {
    let mut files = Vec::new();
    for _ in 0..ATTEMPTS {
        files = scan(path, max_files, known)?;
        // The numbers mean one order only if nothing was renamed since the first was opened.
        let newest = files.first().map(|file| file.id).or(known);
        if newest.is_none_or(|newest| current(path) == Some(newest)) {
            break;
        }
    }
    files.reverse();
    Ok(files)
}

/// Opens files from the newest to the one after `known`.
fn scan(path: &Path, max_files: u32, known: Option<FileId>) -> io::Result<Vec<LogFile>> {
    let mut files: Vec<LogFile> = Vec::new();
    for index in 0..max_files.max(1) {
        match open(&numbered(path, index))? {
            Some(file) if Some(file.id) == known => break,
            Some(file) if files.iter().all(|other| other.id != file.id) => files.push(file),
            _ => {}
        }
    }
    Ok(files)
}

/// The file that is written to; none in the middle of a rotation, or when there is no log.
fn current(path: &Path) -> Option<FileId> {
    std::fs::metadata(path).ok().map(|metadata| id(&metadata))
}

/// Whether `known` is still the file that is written to.
pub(super) fn is_current(path: &Path, known: FileId) -> bool {
    // Between the two steps of a rotation there is no current file: nothing new is there yet.
    current(path).is_none_or(|current| current == known)
}
