//! Describes trees, to compare them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Everything that can be seen of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Node {
    pub mode: u32,
    pub owner: (u32, u32),
    pub size: u64,
    pub modified: (i64, i64),
    pub device: u64,
    /// Digest of a file's bytes, or a link's target.
    pub content: Vec<u8>,
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The first name of the same inode.
    pub same_as: Option<Vec<u8>>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let content = String::from_utf8_lossy(&self.content);
        let same = self.same_as.as_deref().map(String::from_utf8_lossy);
        write!(
            f,
            "{:o} {:?} {}b {:?} dev {} {content:?} {:?} = {same:?}",
            self.mode, self.owner, self.size, self.modified, self.device, self.xattrs
        )
    }
}

pub type Tree = BTreeMap<Vec<u8>, Node>;

/// Describes a tree by path from its root; the root itself is `.`.
pub fn describe(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut inodes = BTreeMap::new();
    walk(root, root, &mut tree, &mut inodes);
    tree
}

fn walk(root: &Path, path: &Path, tree: &mut Tree, inodes: &mut BTreeMap<u64, Vec<u8>>) {
    let found = path.symlink_metadata().unwrap();
    let name = match path.strip_prefix(root).unwrap().as_os_str().as_bytes() {
        b"" => b".".to_vec(),
        name => name.to_vec(),
    };
    let kind = found.file_type();
    let content = if kind.is_file() {
        Sha256::digest(fs::read(path).unwrap()).to_vec()
    } else if kind.is_symlink() {
        fs::read_link(path).unwrap().as_os_str().as_bytes().to_vec()
    } else {
        Vec::new()
    };
    let first = inodes.entry(found.ino()).or_insert_with(|| name.clone());
    let node = Node {
        mode: found.mode(),
        owner: (found.uid(), found.gid()),
        size: if kind.is_dir() { 0 } else { found.size() },
        modified: (found.mtime(), found.mtime_nsec()),
        device: found.rdev(),
        content,
        xattrs: xattrs(path),
        same_as: (*first != name).then(|| first.clone()),
    };
    tree.insert(name, node);
    if kind.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        entries.sort();
        for entry in entries {
            walk(root, &entry, tree, inodes);
        }
    }
}

fn xattrs(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut names = vec![0u8; 65536];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap();
    let names = names[..length]
        .split(|b| *b == 0)
        .filter(|name| !name.is_empty());
    let value = |name: &[u8]| {
        let mut value = vec![0u8; 65536];
        let length = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
        (name.to_vec(), value[..length].to_vec())
    };
    names.map(value).collect()
}

/// Says where two trees differ.
pub fn assert_same(found: &Tree, expected: &Tree) {
    let keys = found.keys().chain(expected.keys());
    for key in keys {
        let name = String::from_utf8_lossy(key);
        assert_eq!(found.get(key), expected.get(key), "{name:?}");
    }
}
