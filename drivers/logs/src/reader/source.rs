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

/// Opens all files of a log, oldest first.
///
/// They are opened newest first: a rotation that happens meanwhile moves a file that was opened
/// already to the name opened next, where it is recognised; the other way round one would be missed.
pub(super) fn open_all(path: &Path, max_files: u32) -> io::Result<Vec<LogFile>> {
    let mut files: Vec<LogFile> = Vec::new();
    for index in 0..max_files.max(1) {
        // In the middle of a rotation a number may be missing for a moment.
        if let Some(file) = open(&numbered(path, index))?
            && files.iter().all(|known| known.id != file.id)
        {
            files.push(file);
        }
    }
    files.reverse();
    Ok(files)
}

/// Opens the files that are newer than `known`, oldest first; all when it is no longer there.
pub(super) fn open_newer(path: &Path, max_files: u32, known: FileId) -> io::Result<Vec<LogFile>> {
    let mut files = open_all(path, max_files)?;
    if let Some(position) = files.iter().position(|file| file.id == known) {
        files.drain(..=position);
    }
    Ok(files)
}

/// Whether `known` is still the file that is written to.
pub(super) fn is_current(path: &Path, known: FileId) -> bool {
    // Between the two steps of a rotation there is no current file: nothing new is there yet.
    std::fs::metadata(path).map_or(true, |metadata| id(&metadata) == known)
}
