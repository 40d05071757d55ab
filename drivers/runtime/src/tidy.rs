//! What all containers of an engine shared on the host: the parent cgroup in each hierarchy.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::RuntimeError;

const MOUNTS: &str = "/proc/self/mountinfo";

/// Removes the parent cgroup wherever it is empty. Idempotent.
pub(crate) fn remove_parent(cgroup: &str) -> Result<(), RuntimeError> {
    let mounts = fs::read_to_string(MOUNTS)
        .map_err(|source| RuntimeError::file("read", Path::new(MOUNTS), source))?;
    for hierarchy in hierarchies(&mounts) {
        let path = hierarchy.join(cgroup);
        match fs::remove_dir(&path) {
            Err(error) if !is_absent_or_in_use(&error) => {
                return Err(RuntimeError::file("remove", &path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_absent_or_in_use(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ResourceBusy | io::ErrorKind::DirectoryNotEmpty
    )
}

/// Mount points of cgroup file systems (`proc(5)`, "mountinfo").
fn hierarchies(mounts: &str) -> impl Iterator<Item = PathBuf> + '_ {
    mounts.lines().filter_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        kind.starts_with("cgroup")
            .then(|| mount.split(' ').nth(4))?
            .map(PathBuf::from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_of_both_versions_are_found() {
        let mounts = "24 1 0:22 / /proc rw - proc proc rw\n\
            30 25 0:26 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu\n\
            31 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let found: Vec<_> = hierarchies(mounts).collect();
        let expected = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/unified"].map(PathBuf::from);
        assert_eq!(found, expected);
    }
}
