//! Reading and writing the files of cgroup directories.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::error::ContainerError;

/// Writes a value to a file that must exist, in one system call.
pub(super) fn write(directory: &Path, file: &str, value: &str) -> Result<(), ContainerError> {
    let path = directory.join(file);
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|mut file| file.write_all(value.as_bytes()))
        .map_err(|source| failed(&path, source))
}

pub(super) fn failed(path: &Path, source: io::Error) -> ContainerError {
    ContainerError::Cgroup {
        path: path.display().to_string(),
        source,
    }
}

/// The value behind a key in a file of `key value` lines; none when file or key is missing.
pub(super) fn counter(directory: &Path, file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(directory.join(file)).ok()?;
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(' ')?;
        (name == key).then(|| value.trim().parse().ok())?
    })
}

/// Makes a directory above a container's and all above it. One for cpusets passes its CPUs and
/// memory nodes on to directories made below it.
pub(super) fn make_parent(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(parent) = path.parent() {
                make_parent(parent)?;
            }
            fs::create_dir(path)?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        made => made?,
    }
    if path.join("cpuset.cpus").exists() && path.join("cgroup.clone_children").exists() {
        inherit_cpuset(path)?;
        fs::write(path.join("cgroup.clone_children"), "1")?;
    }
    Ok(())
}

/// A cpuset of version 1 starts empty, and no process can enter it: gives it what its parent has.
pub(super) fn inherit_cpuset(path: &Path) -> io::Result<()> {
    if !fs::read_to_string(path.join("cpuset.cpus"))?
        .trim()
        .is_empty()
    {
        return Ok(());
    }
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let mut value = fs::read_to_string(parent.join(file))?;
        if value.trim().is_empty() {
            inherit_cpuset(parent)?;
            value = fs::read_to_string(parent.join(file))?;
        }
        fs::write(path.join(file), value.trim())?;
    }
    Ok(())
}

/// Switches controllers on for the children of every directory above `path`. Those that the host
/// does not have are left out: a limit that needs one fails later, by name.
pub(super) fn enable_controllers(path: &Path, controllers: &[&str]) {
    let missing = |directory: &Path| {
        let present = fs::read_to_string(directory.join("cgroup.subtree_control"));
        let present = present.unwrap_or_default();
        let is_missing = |name: &&&str| !present.split_whitespace().any(|one| one == **name);
        controllers
            .iter()
            .filter(is_missing)
            .copied()
            .collect::<Vec<_>>()
    };
    let Some(parent) = path.parent() else {
        return;
    };
    if missing(parent).is_empty() {
        return;
    }
    let mut above: Vec<&Path> = parent
        .ancestors()
        .take_while(|directory| directory.join("cgroup.subtree_control").exists())
        .collect();
    above.reverse();
    for directory in above {
        for name in missing(directory) {
            let _ = fs::write(directory.join("cgroup.subtree_control"), format!("+{name}"));
        }
    }
}
