//! Device nodes and links in `/dev` (OCI runtime specification, `config-linux.md`, "Default
//! Devices"; `runtime-linux.md`, "Dev symbolic links").

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use palan_model::run::{DeviceNode, UserNamespace};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Uid, makedev};
use rustix::io::Errno;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use super::targets::{self, Kind};
use crate::error::{During, StartError};

/// Name, major and minor number of what every container has.
const DEFAULT: [(&str, u32, u32); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

const LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("/proc/kcore", "core"),
];

/// The nodes to make, the default ones first.
pub(crate) fn plan(asked: &[DeviceNode]) -> Vec<DeviceNode> {
    let mut nodes = Vec::with_capacity(DEFAULT.len() + asked.len());
    for (name, major, minor) in DEFAULT {
        let path = format!("/dev/{name}");
        if !asked.iter().any(|node| node.path == path) {
            nodes.push(DeviceNode {
                path,
                kind: 'c',
                major,
                minor,
                mode: 0o666,
                uid: 0,
                gid: 0,
            });
        }
    }
    nodes.extend(asked.iter().cloned());
    nodes
}

/// The host's nodes: nodes cannot be made in a user namespace, only bound.
pub(crate) struct HostNodes(Vec<Option<OwnedFd>>);

impl HostNodes {
    pub(crate) fn open(nodes: &[DeviceNode], user: Option<&UserNamespace>) -> Self {
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let open = |node: &DeviceNode| user.and_then(|_| open_tree(CWD, &node.path, flags).ok());
        Self(nodes.iter().map(open).collect())
    }
}

/// Makes nodes and links.
pub(crate) fn make(
    root: BorrowedFd<'_>,
    nodes: &[DeviceNode],
    host: &HostNodes,
) -> Result<(), StartError> {
    let dev = targets::open(root, Path::new("/dev")).during(|| "opening /dev".to_owned())?;
    for (node, bound) in nodes.iter().zip(&host.0) {
        let path = Path::new(&node.path);
        match bound {
            Some(tree) => targets::ensure(root, path, Kind::File)
                .and_then(|target| attach(tree.as_fd(), target.as_fd())),
            None => make_node(root, dev.as_fd(), node),
        }
        .during(|| format!("making device {}", node.path))?;
    }
    for (target, name) in LINKS {
        if name == "core" && !Path::new(target).exists() {
            // A kernel built without it: runc leaves the link out too.
            continue;
        }
        link(dev.as_fd(), target, name).during(|| format!("linking /dev/{name}"))?;
    }
    ptmx(dev.as_fd()).during(|| "linking /dev/ptmx".to_owned())
}

fn make_node(root: BorrowedFd<'_>, dev: BorrowedFd<'_>, node: &DeviceNode) -> io::Result<()> {
    match node.path.strip_prefix("/dev/") {
        Some(name) if !name.contains('/') => make_node_in(dev, name.as_ref(), node),
        _ => {
            let path = Path::new(&node.path);
            let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(Errno::INVAL.into());
            };
            let directory = targets::ensure(root, directory, Kind::Directory)?;
            make_node_in(directory.as_fd(), name, node)
        }
    }
}

fn make_node_in(directory: BorrowedFd<'_>, name: &OsStr, node: &DeviceNode) -> io::Result<()> {
    let kind = match node.kind {
        'b' => FileType::BlockDevice,
        'p' => FileType::Fifo,
        _ => FileType::CharacterDevice,
    };
    // The umask is zero while the root is made.
    let mode = Mode::from_raw_mode(node.mode & 0o7777);
    let device = makedev(node.major, node.minor);
    match rustix::fs::mknodat(directory, name, kind, mode, device) {
        // The image has a file there, and there is no tmpfs over it.
        Err(Errno::EXIST) => {
            rustix::fs::unlinkat(directory, name, AtFlags::empty())?;
            rustix::fs::mknodat(directory, name, kind, mode, device)?;
        }
        made => made?,
    }
    if (node.uid, node.gid) != (0, 0) {
        let (uid, gid) = (Uid::from_raw(node.uid), Gid::from_raw(node.gid));
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::chownat(directory, name, Some(uid), Some(gid), flags)?;
    }
    Ok(())
}

/// Attaches a detached mount to an opened place.
pub(crate) fn attach(tree: BorrowedFd<'_>, target: BorrowedFd<'_>) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(tree, "", target, "", flags)?)
}

fn link(dev: BorrowedFd<'_>, target: &str, name: &str) -> io::Result<()> {
    match rustix::fs::symlinkat(target, dev, name) {
        Err(Errno::EXIST) => Ok(()),
        made => Ok(made?),
    }
}

/// `/dev/ptmx` must be the multiplexer of the container's own terminals.
fn ptmx(dev: BorrowedFd<'_>) -> io::Result<()> {
    match rustix::fs::symlinkat("pts/ptmx", dev, "ptmx") {
        Err(Errno::EXIST) => {
            rustix::fs::unlinkat(dev, "ptmx", AtFlags::empty())?;
            Ok(rustix::fs::symlinkat("pts/ptmx", dev, "ptmx")?)
        }
        made => Ok(made?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_nodes_replace_default_ones() {
        let null = DeviceNode {
            path: "/dev/null".to_owned(),
            kind: 'c',
            major: 1,
            minor: 3,
            mode: 0o600,
            uid: 1,
            gid: 1,
        };
        let nodes = plan(std::slice::from_ref(&null));
        assert_eq!(nodes.len(), DEFAULT.len());
        assert_eq!(nodes.last(), Some(&null));
        assert!(nodes.iter().all(|node| node.path.starts_with("/dev/")));
    }
}
