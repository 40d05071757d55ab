//! Filling a new volume with what the image has at its place: owners, modes, times, extended
//! attributes, links, devices.
//!
//! Works on directory descriptors and never follows a link, so neither tree can lead out of itself.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    AtFlags, Dir, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags,
};
use rustix::io::Errno;

/// Copies the content, owner and mode of a directory into an empty one. A directory that is not
/// empty is left as it is.
pub(crate) fn fill(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> io::Result<()> {
    if !is_empty(to)? {
        return Ok(());
    }
    let mut copy = Copy::default();
    copy.directory(from, to)
}

fn is_empty(directory: BorrowedFd<'_>) -> io::Result<bool> {
    for entry in Dir::read_from(directory)? {
        if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One run: remembers files with several names.
#[derive(Default)]
struct Copy {
    /// Inode of the source to a copy of it that can be linked to.
    linked: HashMap<u64, OwnedFd>,
}

impl Copy {
    fn directory(&mut self, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> io::Result<()> {
        for entry in Dir::read_from(from)? {
            let entry = entry?;
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") {
                self.entry(from, to, name)?;
            }
        }
        let status = rustix::fs::fstat(from)?;
        copy_attributes(from, to)?;
        own(to, &status)?;
        rustix::fs::futimens(to, &times(&status))?;
        Ok(())
    }

    fn entry(&mut self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
        let status = rustix::fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(status.st_mode) {
            FileType::Directory => {
                rustix::fs::mkdirat(to, name, Mode::RWXU)?;
                let flags = OFlags::RDONLY | OFlags::DIRECTORY;
                self.directory(
                    open(from, name, flags)?.as_fd(),
                    open(to, name, flags)?.as_fd(),
                )
            }
            FileType::RegularFile => self.file(from, to, name, &status),
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(from, name, Vec::new())?;
                rustix::fs::symlinkat(&target, to, name)?;
                own_path(to, name, &status)
            }
            kind => {
                let mode = Mode::from_raw_mode(status.st_mode);
                rustix::fs::mknodat(to, name, kind, mode, status.st_rdev)?;
                own_path(to, name, &status)?;
                // The mode given to mknod went through the umask.
                rustix::fs::chmodat(to, name, mode, AtFlags::empty())?;
                Ok(())
            }
        }
    }

    fn file(
        &mut self,
        from: BorrowedFd<'_>,
        to: BorrowedFd<'_>,
        name: &CStr,
        status: &Stat,
    ) -> io::Result<()> {
        if let Some(copy) = self.linked.get(&status.st_ino) {
            let path = format!("/proc/self/fd/{}", copy.as_raw_fd());
            let linked = rustix::fs::linkat(copy, "", to, name, AtFlags::EMPTY_PATH);
            // Without the capability for empty paths the descriptor's link does the same.
            return match linked {
                Err(Errno::NOENT | Errno::PERM) => Ok(rustix::fs::linkat(
                    rustix::fs::CWD,
                    path,
                    to,
                    name,
                    AtFlags::SYMLINK_FOLLOW,
                )?),
                result => Ok(result?),
            };
        }
        let source = open(from, name, OFlags::RDONLY)?;
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let target = rustix::fs::openat(to, name, flags, Mode::RUSR | Mode::WUSR)?;
        let (mut source, mut target) = (File::from(source), File::from(target));
        io::copy(&mut source, &mut target)?;
        copy_attributes(source.as_fd(), target.as_fd())?;
        own(target.as_fd(), status)?;
        rustix::fs::futimens(&target, &times(status))?;
        if status.st_nlink > 1 {
            self.linked
                .insert(status.st_ino, open(to, name, OFlags::PATH)?);
        }
        Ok(())
    }
}

fn open(directory: BorrowedFd<'_>, name: &CStr, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(directory, name, flags, Mode::empty())?)
}

/// Owner first: changing it clears the set-user-ID bits of the mode.
fn own(fd: BorrowedFd<'_>, status: &Stat) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(status.st_uid), Gid::from_raw(status.st_gid));
    rustix::fs::fchown(fd, Some(uid), Some(gid))?;
    Ok(rustix::fs::fchmod(fd, Mode::from_raw_mode(status.st_mode))?)
}

fn own_path(directory: BorrowedFd<'_>, name: &CStr, status: &Stat) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(status.st_uid), Gid::from_raw(status.st_gid));
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::chownat(directory, name, Some(uid), Some(gid), flags)?;
    Ok(rustix::fs::utimensat(
        directory,
        name,
        &times(status),
        flags,
    )?)
}

fn times(status: &Stat) -> Timestamps {
    let time = |seconds: i64, nanoseconds: u64| Timespec {
        tv_sec: seconds,
        tv_nsec: i64::try_from(nanoseconds).unwrap_or(0),
    };
    Timestamps {
        last_access: time(status.st_atime, status.st_atime_nsec),
        last_modification: time(status.st_mtime, status.st_mtime_nsec),
    }
}

fn copy_attributes(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> io::Result<()> {
    let mut names = vec![0; 64 * 1024];
    let length = match rustix::fs::flistxattr(from, &mut names[..]) {
        Err(Errno::OPNOTSUPP) => return Ok(()),
        result => result?,
    };
    for name in names[..length].split(|byte| *byte == 0) {
        // The overlay's own attributes are not part of what it shows.
        if name.is_empty() || name.starts_with(b"trusted.overlay.") {
            continue;
        }
        let name = CString::new(name)?;
        let mut value = vec![0; 64 * 1024];
        let length = rustix::fs::fgetxattr(from, &name, &mut value[..])?;
        match rustix::fs::fsetxattr(to, &name, &value[..length], XattrFlags::empty()) {
            Err(Errno::OPNOTSUPP) => {}
            result => result?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn fill_paths(from: &std::path::Path, to: &std::path::Path) {
        let (from, to) = (File::open(from).unwrap(), File::open(to).unwrap());
        fill(from.as_fd(), to.as_fd()).unwrap();
    }

    #[test]
    fn everything_is_copied_once() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let image = from.path();
        fs::create_dir(image.join("sub")).unwrap();
        fs::write(image.join("sub/file"), "content").unwrap();
        fs::set_permissions(image.join("sub/file"), fs::Permissions::from_mode(0o4750)).unwrap();
        fs::hard_link(image.join("sub/file"), image.join("again")).unwrap();
        symlink("/etc/passwd", image.join("link")).unwrap();
        fs::set_permissions(image, fs::Permissions::from_mode(0o1777)).unwrap();
        fill_paths(image, to.path());

        let copy = to.path();
        assert_eq!(fs::read_to_string(copy.join("again")).unwrap(), "content");
        let (one, two) = (
            copy.join("again").metadata(),
            copy.join("sub/file").metadata(),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((one.ino(), one.mode() & 0o7777), (two.ino(), 0o4750));
        assert_eq!(
            one.mtime_nsec(),
            image.join("again").metadata().unwrap().mtime_nsec()
        );
        assert_eq!(
            fs::read_link(copy.join("link")).unwrap(),
            std::path::Path::new("/etc/passwd")
        );
        assert_eq!(copy.metadata().unwrap().mode() & 0o7777, 0o1777);

        fs::write(image.join("later"), "").unwrap();
        fill_paths(image, copy);
        assert!(
            !copy.join("later").exists(),
            "a volume with content is left alone"
        );
    }
}
