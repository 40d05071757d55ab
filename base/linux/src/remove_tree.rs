//! Deletes directory trees of any depth.
//!
//! Whoever can write in a container can nest directories until a deletion that recurses runs out
//! of stack or descriptors. Here a subtree that lies too deep is first moved up.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RenameFlags};
use rustix::io::{Errno, Result};
use rustix::path::Arg;

/// Levels that are open at the same time.
const DEEPEST: u32 = 32;

/// Deletes a file, link or directory tree by its name in an open directory. Links are not followed.
///
/// # Errors
/// `ENOENT` when there is none; otherwise what stopped the deletion, which may be half-done.
pub fn remove_tree(parent: impl AsFd, name: impl Arg) -> Result<()> {
    let name = name.as_cow_c_str()?;
    let parent = parent.as_fd();
    match rustix::fs::unlinkat(parent, &*name, AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => {}
        done => return done,
    }
    let top = open(parent, &*name)?;
    let mut moved = 0;
    loop {
        let before = moved;
        clear(&top, &top, 0, &mut moved)?;
        // What was moved up may not have been seen by the pass that moved it.
        match rustix::fs::unlinkat(parent, &*name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTEMPTY) if moved > before => {}
            done => return done,
        }
    }
}

fn open(parent: impl AsFd, name: impl Arg) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

/// Deletes everything in `directory`, which lies `depth` levels below `top`.
fn clear(top: &OwnedFd, directory: &OwnedFd, depth: u32, moved: &mut u64) -> Result<()> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if !is_directory(directory, &entry)? {
            rustix::fs::unlinkat(directory, name, AtFlags::empty())?;
        } else if depth == DEEPEST {
            move_up(directory, name, top, moved)?;
        } else {
            clear(top, &open(directory, name)?, depth + 1, moved)?;
            rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR)?;
        }
    }
    Ok(())
}

/// Not every file system tells the type with the name.
fn is_directory(parent: &OwnedFd, entry: &rustix::fs::DirEntry) -> Result<bool> {
    if entry.file_type() != FileType::Unknown {
        return Ok(entry.file_type() == FileType::Directory);
    }
    let stat = rustix::fs::statat(parent, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

fn move_up(from: &OwnedFd, name: &std::ffi::CStr, top: &OwnedFd, moved: &mut u64) -> Result<()> {
    loop {
        let place = format!(".moved-{moved}");
        *moved += 1;
        match rustix::fs::renameat_with(from, name, top, &place, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, OwnedFd) {
        let directory = tempfile::tempdir().unwrap();
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(directory.path(), flags, Mode::empty()).unwrap();
        (directory, opened)
    }

    #[test]
    fn everything_goes_and_nothing_else() {
        let (directory, parent) = directory();
        let at = directory.path();
        std::fs::create_dir_all(at.join("t/a/b")).unwrap();
        std::fs::create_dir(at.join("t/.moved-0")).unwrap();
        std::fs::write(at.join("t/a/f"), "").unwrap();
        std::fs::write(at.join("kept"), "").unwrap();
        std::os::unix::fs::symlink("../kept", at.join("t/l")).unwrap();
        std::os::unix::fs::symlink("t", at.join("link")).unwrap();
        remove_tree(&parent, "link").unwrap();
        assert!(at.join("t").exists());
        remove_tree(&parent, "t").unwrap();
        assert_eq!(remove_tree(&parent, "t"), Err(Errno::NOENT));
        assert!(at.join("kept").exists());
        remove_tree(&parent, "kept").unwrap();
        assert_eq!(std::fs::read_dir(at).unwrap().count(), 0);
    }

    #[test]
    fn trees_of_any_depth() {
        let (directory, parent) = directory();
        let mut inner = parent.try_clone().unwrap();
        for _ in 0..10_000 {
            rustix::fs::mkdirat(&inner, "d", Mode::RWXU).unwrap();
            rustix::fs::mkdirat(&inner, "e", Mode::RWXU).unwrap();
            inner = open(&inner, "d").unwrap();
        }
        drop(inner);
        remove_tree(&parent, "d").unwrap();
        remove_tree(&parent, "e").unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
