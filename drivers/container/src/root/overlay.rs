//! The root file system as a detached mount (`fsopen(2)`; kernel: `filesystems/overlayfs`).

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use palan_model::RootfsSpec;
use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, mount, open_tree,
};

use crate::error::{During, StartError};

/// The root file system, mounted nowhere yet, and a directory that it can be attached to for the
/// moment before the root changes.
pub(crate) struct Root {
    pub(crate) tree: OwnedFd,
    pub(crate) staging: PathBuf,
}

/// Makes the root.
pub(crate) fn make(spec: &RootfsSpec) -> Result<Root, StartError> {
    match spec {
        RootfsSpec::Directory { path } => Ok(Root {
            tree: clone_tree(path).during(|| format!("opening root {}", path.display()))?,
            staging: path.clone(),
        }),
        RootfsSpec::Overlay {
            lower,
            upper,
            work,
            volatile,
        } => {
            let layers = Layers {
                lower,
                upper,
                work,
                volatile: *volatile,
            };
            let tree = layers.mount_again().during(|| layers.describe())?;
            Ok(Root {
                tree,
                staging: upper.clone(),
            })
        }
    }
}

fn clone_tree(path: &Path) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE;
    Ok(open_tree(CWD, path, flags)?)
}

struct Layers<'a> {
    lower: &'a [PathBuf],
    upper: &'a Path,
    work: &'a Path,
    volatile: bool,
}

impl Layers<'_> {
    fn describe(&self) -> String {
        let count = self.lower.len();
        let upper = self.upper.display();
        format!("mounting an overlay of {count} layers and {upper}")
    }

    /// The kernel leaves a mark in the work directory of a volatile overlay and refuses it from then
    /// on, because a crash may have damaged the upper directory. A container that is started again
    /// after an ordinary end lost nothing: the mark is taken away.
    fn mount_again(&self) -> io::Result<OwnedFd> {
        let mark = self.work.join("work/incompat");
        if self.volatile && mark.exists() {
            fs::remove_dir_all(mark)?;
        }
        self.mount()
    }

    fn mount(&self) -> io::Result<OwnedFd> {
        let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_set_string(&context, "source", "overlay")?;
        for layer in self.lower {
            match fsconfig_set_string(&context, "lowerdir+", layer) {
                // Kernels before 6.8 know the joined form only.
                Err(Errno::INVAL) => return self.mount_classic(),
                result => result?,
            }
        }
        fsconfig_set_string(&context, "upperdir", self.upper)?;
        fsconfig_set_string(&context, "workdir", self.work)?;
        if self.volatile {
            fsconfig_set_flag(&context, "volatile")?;
        }
        fsconfig_create(&context)?;
        let flags = FsMountFlags::FSMOUNT_CLOEXEC;
        Ok(fsmount(&context, flags, MountAttrFlags::empty())?)
    }

    /// By `mount(2)` onto the upper directory, in this mount namespace only. Its one page of options
    /// holds fewer layers.
    fn mount_classic(&self) -> io::Result<OwnedFd> {
        let mut options = OsString::from("lowerdir=");
        for (index, layer) in self.lower.iter().enumerate() {
            if index > 0 {
                options.push(":");
            }
            options.push(escape(layer, &[':', ',', '\\']));
        }
        options.push(",upperdir=");
        options.push(escape(self.upper, &[',', '\\']));
        options.push(",workdir=");
        options.push(escape(self.work, &[',', '\\']));
        if self.volatile {
            options.push(",volatile");
        }
        let options = std::ffi::CString::new(options.into_encoded_bytes())?;
        mount(
            "overlay",
            self.upper,
            "overlay",
            MountFlags::empty(),
            &*options,
        )?;
        let tree = clone_tree(self.upper)?;
        rustix::mount::unmount(self.upper, rustix::mount::UnmountFlags::DETACH)?;
        Ok(tree)
    }
}

fn escape(path: &Path, special: &[char]) -> String {
    let mut escaped = String::new();
    for letter in path.to_string_lossy().chars() {
        if special.contains(&letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_escaped() {
        let escaped = escape(Path::new("/a:b,c\\d"), &[':', ',', '\\']);
        assert_eq!(escaped, "/a\\:b\\,c\\\\d");
    }
}
