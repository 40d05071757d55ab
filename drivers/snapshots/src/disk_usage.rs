//! How much a tree takes.

use std::collections::HashSet;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::{Errno, Result};
use rustix::path::Arg;

/// Levels of directories that are looked at: each holds a descriptor. What a container nests more
/// deeply is not counted.
const DEEPEST: usize = 500;

/// Bytes of all files below a directory, as Docker counts them: apparent sizes, each inode once,
/// directories not at all. What vanishes meanwhile counts nothing; a missing directory is empty.
pub(crate) fn disk_usage(root: &Path) -> Result<u64> {
    let mut bytes = 0;
    let mut linked: HashSet<(u64, u64)> = HashSet::new();
    let mut open: Vec<Level> = Level::open(CWD, root)?.into_iter().collect();
    while let Some(level) = open.last_mut() {
        let Some(entry) = level.entries.next() else {
            open.pop();
            continue;
        };
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let stat = rustix::fs::statat(&level.directory, name, AtFlags::SYMLINK_NOFOLLOW);
        let Some(found) = present(stat)? else {
            continue;
        };
        if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
            if found.st_nlink < 2 || linked.insert((found.st_dev, found.st_ino)) {
                bytes += u64::try_from(found.st_size).unwrap_or(0);
            }
        } else if open.len() < DEEPEST {
            let below = Level::open(&open[open.len() - 1].directory, name)?;
            open.extend(below);
        }
    }
    Ok(bytes)
}

/// A directory that is being read.
struct Level {
    directory: OwnedFd,
    entries: Dir,
}

impl Level {
    fn open(parent: impl AsFd, name: impl Arg) -> Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(parent, name, flags, Mode::empty());
        let Some(directory) = present(opened)? else {
            return Ok(None);
        };
        let entries = Dir::read_from(&directory)?;
        Ok(Some(Self { directory, entries }))
    }
}

fn present<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}
