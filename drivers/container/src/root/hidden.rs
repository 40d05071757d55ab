//! Masked, read-only and `/proc/sys` paths: what must not be seen or changed, and what is set before.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use palan_linux::mounts::{Attributes, Reach, set_attributes};
use rustix::fs::{AtFlags, FileType, OFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, OpenTreeFlags, fsconfig_create, fsconfig_set_flag,
    fsconfig_set_string, fsmount, fsopen, open_tree,
};

use super::devices::attach;
use super::targets::{self, Kind};
use crate::error::{During, StartError};

const READ_ONLY: Attributes = Attributes {
    set: MountAttrFlags::MOUNT_ATTR_RDONLY.bits() as u64,
    clear: 0,
    propagation: 0,
};

/// Writes sysctls through the container's own `/proc/sys`.
pub(crate) fn set_sysctls(
    root: BorrowedFd<'_>,
    sysctls: &BTreeMap<String, String>,
) -> Result<(), StartError> {
    for (name, value) in sysctls {
        let path = Path::new("/proc/sys").join(name.replace('.', "/"));
        set_sysctl(root, &path, value)
            .during(|| format!("open sysctl {} file: open {}", name, path.display()))?;
    }
    Ok(())
}

fn set_sysctl(root: BorrowedFd<'_>, path: &Path, value: &str) -> io::Result<()> {
    let file = targets::open_with(root, path, OFlags::WRONLY)?;
    // An image must not be able to put something else there.
    if rustix::fs::fstatfs(&file)?.f_type != rustix::fs::PROC_SUPER_MAGIC {
        return Err(Errno::PERM.into());
    }
    rustix::io::write(file, value.as_bytes())?;
    Ok(())
}

/// Makes paths read-only, with everything mounted below them. Missing ones are skipped.
pub(crate) fn make_read_only(root: BorrowedFd<'_>, paths: &[String]) -> Result<(), StartError> {
    for path in paths {
        one_read_only(root, Path::new(path)).during(|| format!("making {path} read-only"))?;
    }
    Ok(())
}

fn one_read_only(root: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    let Some(place) = existing(root, path)? else {
        return Ok(());
    };
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::AT_EMPTY_PATH;
    let tree = open_tree(&place, "", flags)?;
    set_attributes(&tree, Path::new(""), Reach::Tree, READ_ONLY)?;
    attach(tree.as_fd(), place.as_fd())
}

/// Makes the root itself read-only; mounts on it stay as they are.
pub(crate) fn seal_root(root: BorrowedFd<'_>) -> Result<(), StartError> {
    set_attributes(root, Path::new(""), Reach::Mount, READ_ONLY)
        .during(|| "making the root file system read-only".to_owned())
}

/// Hides files behind `/dev/null` and directories behind one empty file system. Missing paths are
/// skipped.
pub(crate) fn mask(root: BorrowedFd<'_>, paths: &[String]) -> Result<(), StartError> {
    let mut covers = Covers::default();
    for path in paths {
        covers
            .put(root, Path::new(path))
            .during(|| format!("masking {path}"))?;
    }
    Ok(())
}

/// What paths are hidden behind, opened when first needed.
#[derive(Default)]
struct Covers {
    null: Option<OwnedFd>,
    /// Attached by then: only attached mounts can be cloned by all kernels.
    empty: Option<OwnedFd>,
}

impl Covers {
    fn put(&mut self, root: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        let Some(place) = existing(root, path)? else {
            return Ok(());
        };
        let cover = match (targets::kind_of(&place)?, &self.null, &self.empty) {
            (Kind::File, Some(null), _) => null,
            (Kind::File, None, _) => self.null.insert(null_device(root)?),
            (Kind::Directory, _, Some(empty)) => empty,
            (Kind::Directory, _, None) => {
                let first = self.empty.insert(empty_directory()?);
                return attach(first.as_fd(), place.as_fd());
            }
        };
        let flags = OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_EMPTY_PATH;
        attach(open_tree(cover, "", flags)?.as_fd(), place.as_fd())
    }
}

/// `/dev/null`, when it really is that.
fn null_device(root: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW;
    let null = targets::open_with(root, Path::new("/dev/null"), flags)?;
    let status = rustix::fs::statat(&null, "", AtFlags::EMPTY_PATH)?;
    let is_device = FileType::from_raw_mode(status.st_mode) == FileType::CharacterDevice;
    if !is_device || status.st_rdev != rustix::fs::makedev(1, 3) {
        return Err(Errno::NODEV.into());
    }
    Ok(null)
}

fn empty_directory() -> io::Result<OwnedFd> {
    let context = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "source", "tmpfs")?;
    fsconfig_set_flag(&context, "ro")?;
    fsconfig_set_string(&context, "nr_inodes", "1")?;
    fsconfig_create(&context)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY;
    Ok(fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        attributes,
    )?)
}

fn existing(root: BorrowedFd<'_>, path: &Path) -> io::Result<Option<OwnedFd>> {
    match targets::open(root, path) {
        Ok(place) => Ok(Some(place)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
