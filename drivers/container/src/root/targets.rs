//! Finding and making the places where mounts are attached. Every path is resolved as the
//! container would resolve it: no link leads out of the root (`openat2(2)`, `RESOLVE_IN_ROOT`).

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// What has to be at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    File,
}

/// Most links that are followed in one path, as in the kernel.
const MAX_LINKS: usize = 40;

/// Opens a path below `root` without any right to its content (`O_PATH`), following links.
pub(crate) fn open(root: BorrowedFd<'_>, path: &Path) -> io::Result<OwnedFd> {
    open_with(root, path, OFlags::PATH)
}

/// Opens a path below `root`, following links inside it.
pub(crate) fn open_with(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC;
    loop {
        let mode = Mode::empty();
        match rustix::fs::openat2(root, path, flags, mode, ResolveFlags::IN_ROOT) {
            // Somebody renamed something on the way: the kernel cannot tell whether it led out.
            Err(Errno::AGAIN | Errno::INTR) => {}
            opened => return Ok(opened?),
        }
    }
}

/// Opens the place for a mount, and makes it with all its parents when it is missing.
pub(crate) fn ensure(root: BorrowedFd<'_>, path: &Path, kind: Kind) -> io::Result<OwnedFd> {
    match open(root, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let real = make(root, path, kind)?;
            open(root, &real)
        }
        opened => opened,
    }
}

/// Makes what is missing of a path and returns it without links.
fn make(root: BorrowedFd<'_>, path: &Path, kind: Kind) -> io::Result<PathBuf> {
    let mut left: VecDeque<OsString> = names(path).collect();
    let mut real = PathBuf::new();
    let mut links = 0;
    while let Some(name) = left.pop_front() {
        if name == ".." {
            real.pop();
            continue;
        }
        let parent = parent_of(root, &real)?;
        match rustix::fs::readlinkat(&parent, &name, Vec::new()) {
            Ok(target) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::LOOP.into());
                }
                follow(&mut real, &mut left, &target.into_bytes());
                continue;
            }
            Err(Errno::NOENT) => make_one(parent.as_fd(), &name, kind, left.is_empty())?,
            // There is something, and it is not a link.
            Err(Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
        real.push(name);
    }
    Ok(real)
}

fn parent_of(root: BorrowedFd<'_>, real: &Path) -> io::Result<OwnedFd> {
    let path = if real.as_os_str().is_empty() {
        Path::new(".")
    } else {
        real
    };
    open_with(root, path, OFlags::PATH | OFlags::DIRECTORY)
}

/// Puts the target of a link in front of what is left of the path.
fn follow(real: &mut PathBuf, left: &mut VecDeque<OsString>, target: &[u8]) {
    use std::os::unix::ffi::OsStrExt;
    let target = Path::new(OsStr::from_bytes(target));
    if target.is_absolute() {
        real.clear();
    }
    let components: Vec<OsString> = names(target).collect();
    for name in components.into_iter().rev() {
        left.push_front(name);
    }
}

fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

fn make_one(parent: BorrowedFd<'_>, name: &OsStr, kind: Kind, is_last: bool) -> io::Result<()> {
    let mode = Mode::from_raw_mode(0o755);
    let made = if is_last && kind == Kind::File {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        rustix::fs::openat(parent, name, flags, mode).map(drop)
    } else {
        rustix::fs::mkdirat(parent, name, mode)
    };
    match made {
        Err(Errno::EXIST) => Ok(()),
        result => Ok(result?),
    }
}

/// Is what a descriptor refers to a directory?
pub(crate) fn kind_of(fd: impl AsFd) -> io::Result<Kind> {
    let status = rustix::fs::statat(fd, "", AtFlags::EMPTY_PATH)?;
    let is_directory = rustix::fs::FileType::from_raw_mode(status.st_mode).is_dir();
    Ok(if is_directory {
        Kind::Directory
    } else {
        Kind::File
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn root() -> (tempfile::TempDir, OwnedFd) {
        let directory = tempfile::tempdir().unwrap();
        let fd = fs::File::open(directory.path()).unwrap().into();
        (directory, fd)
    }

    #[test]
    fn missing_parents_and_files_are_made() {
        let (directory, root) = root();
        ensure(root.as_fd(), Path::new("/a/b/c"), Kind::Directory).unwrap();
        assert!(directory.path().join("a/b/c").is_dir());
        ensure(root.as_fd(), Path::new("/a/x/file"), Kind::File).unwrap();
        assert!(directory.path().join("a/x/file").is_file());
        ensure(root.as_fd(), Path::new("/"), Kind::Directory).unwrap();
    }

    #[test]
    fn links_do_not_lead_out() {
        let (directory, root) = root();
        let inside = directory.path();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), inside.join("absolute")).unwrap();
        symlink("../../../../../../..", inside.join("up")).unwrap();
        symlink("/run/made/later", inside.join("dangling")).unwrap();
        ensure(root.as_fd(), Path::new("/absolute/x"), Kind::File).unwrap();
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        let moved = inside.join(outside.path().strip_prefix("/").unwrap());
        assert!(moved.join("x").is_file());
        ensure(root.as_fd(), Path::new("/up/from-up"), Kind::Directory).unwrap();
        assert!(inside.join("from-up").is_dir());
        ensure(root.as_fd(), Path::new("/dangling"), Kind::File).unwrap();
        assert!(inside.join("run/made/later").is_file());
        ensure(root.as_fd(), Path::new("/a/../../../b"), Kind::Directory).unwrap();
        assert!(inside.join("b").is_dir());
    }

    #[test]
    fn circles_end() {
        let (directory, root) = root();
        symlink("two", directory.path().join("one")).unwrap();
        symlink("one", directory.path().join("two")).unwrap();
        let error = ensure(root.as_fd(), Path::new("/one/x"), Kind::File).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(Errno::LOOP.raw_os_error()));
    }
}
