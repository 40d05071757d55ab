//! How much a tree takes.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes of all files below a directory, as Docker counts them: apparent sizes, each inode once,
/// directories not at all. What vanishes meanwhile counts nothing; a missing directory is empty.
pub(crate) fn disk_usage(root: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut linked: HashSet<(u64, u64)> = HashSet::new();
    let mut directories: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let Some(entries) = present(fs::read_dir(&directory))? else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let Some(found) = present(entry.metadata())? else {
                continue;
            };
            if found.is_dir() {
                directories.push(entry.path());
            } else if found.nlink() < 2 || linked.insert((found.dev(), found.ino())) {
                bytes += found.len();
            }
        }
    }
    Ok(bytes)
}

fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
