//! New file systems: proc and sysfs, and tmpfs, devpts, mqueue, cgroup2.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use palan_linux::mounts::{Reach, set_attributes};
use palan_model::run::Mount;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, fsconfig_create, fsconfig_set_flag,
    fsconfig_set_string, fsmount, fsopen,
};

use super::options::Options;
use super::targets::{self, Kind};
use super::{attach, copy_up};

/// Mounts a new file system at its place, which is made when it is missing.
pub(super) fn mount(root: BorrowedFd<'_>, mount: &Mount, options: &Options) -> io::Result<()> {
    let destination = Path::new(&mount.destination);
    let kind = match mount.kind.as_str() {
        "cgroup" => "cgroup2",
        kind => kind,
    };
    let before = if kind == "tmpfs" {
        Before::look(root, destination, options)?
    } else {
        Before::default()
    };
    new(mount, kind, options.flags, &options.data).or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error);
        }
        // In most cases only the last directory is missing.
        if rustix::fs::mkdirat(root, relative(destination), Mode::from_raw_mode(0o755)).is_err() {
            targets::ensure(root, destination, Kind::Directory)?;
        }
        new(mount, kind, options.flags, &options.data)
    })?;
    before.restore(root, destination)?;
    propagate(root, destination, options)
}

/// Views of the kernel, which what is masked and sealed later is in.
pub(super) fn is_kernels(mount: &Mount) -> bool {
    matches!(mount.kind.as_str(), "proc" | "sysfs")
}

/// Makes one of them.
pub(super) fn detached(mount: &Mount, options: &Options) -> io::Result<OwnedFd> {
    let context = fsopen(mount.kind.as_str(), FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "source", &mount.source)?;
    for option in options.data.split(',').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some((name, value)) => fsconfig_set_string(&context, name, value)?,
            None => fsconfig_set_flag(&context, option)?,
        }
    }
    fsconfig_create(&context)?;
    let attributes = u32::try_from(options.attributes.set).unwrap_or_default();
    let attributes = MountAttrFlags::from_bits_retain(attributes);
    Ok(fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        attributes,
    )?)
}

/// Attaches it at its place.
pub(super) fn mount_detached(
    root: BorrowedFd<'_>,
    mount: &Mount,
    tree: &OwnedFd,
) -> io::Result<()> {
    let destination = Path::new(&mount.destination);
    refuse_link(root, destination)?;
    let target = targets::ensure(root, destination, Kind::Directory)?;
    attach(tree.as_fd(), target.as_fd())
}

/// `mount(2)` by path: the root is the container's already.
fn new(mount: &Mount, kind: &str, flags: u32, data: &str) -> io::Result<()> {
    let flags = MountFlags::from_bits_retain(flags);
    let data = CString::new(data)?;
    let source = mount.source.as_path();
    Ok(rustix::mount::mount(
        source,
        mount.destination.as_str(),
        kind,
        flags,
        data.as_c_str(),
    )?)
}

/// An image that has a link at `/proc` or `/sys` would see those file systems somewhere else, and
/// what protects them would protect nothing.
fn refuse_link(root: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    match rustix::fs::statat(root, relative(path), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(status) if FileType::from_raw_mode(status.st_mode).is_symlink() => {
            Err(Errno::LOOP.into())
        }
        Ok(_) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

/// What a tmpfs takes over from the directory that it covers.
#[derive(Default)]
struct Before {
    mode: Option<Mode>,
    content: Option<OwnedFd>,
}

impl Before {
    fn look(root: BorrowedFd<'_>, path: &Path, options: &Options) -> io::Result<Self> {
        let names_mode = options
            .data
            .split(',')
            .any(|option| option.starts_with("mode="));
        if names_mode && !options.copy_up {
            return Ok(Self::default());
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let Ok(directory) = targets::open_with(root, path, flags) else {
            return Ok(Self::default());
        };
        let mode = Mode::from_raw_mode(rustix::fs::fstat(&directory)?.st_mode);
        Ok(Self {
            mode: (!names_mode).then_some(mode),
            content: options.copy_up.then_some(directory),
        })
    }

    fn restore(self, root: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        if self.mode.is_none() && self.content.is_none() {
            return Ok(());
        }
        let new = targets::open_with(root, path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        if let Some(content) = self.content {
            copy_up::fill(content.as_fd(), new.as_fd())?;
        }
        if let Some(mode) = self.mode {
            rustix::fs::fchmod(&new, mode)?;
        }
        Ok(())
    }
}

fn propagate(root: BorrowedFd<'_>, path: &Path, options: &Options) -> io::Result<()> {
    // A new mount is private already: its parent is.
    let Some((propagation, _)) = options.propagation.filter(|_| options.is_shared()) else {
        return Ok(());
    };
    let mount = targets::open(root, path)?;
    let attributes = palan_linux::mounts::Attributes {
        propagation,
        ..Default::default()
    };
    set_attributes(mount, Path::new(""), Reach::Mount, attributes)
}
