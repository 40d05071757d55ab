//! What is in a cgroup: listing, freezing, killing, removal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use palan_linux::signals;

use super::files::{counter, failed, write};
use super::{Cgroup, V1Directory};
use crate::error::ContainerError;

/// How long to wait for the kernel to freeze or end processes.
const PATIENCE: Duration = Duration::from_secs(10);

impl Cgroup {
    /// PIDs of all processes, those in cgroups below included.
    pub(crate) fn processes(&self) -> Result<Vec<u32>, ContainerError> {
        let mut found = Vec::new();
        if let Some(path) = self.primary() {
            collect(path, &mut found)?;
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// A directory that has every process of the container.
    fn primary(&self) -> Option<&PathBuf> {
        let freezer = self.v1.iter().find(|one| one.hierarchy.has("freezer"));
        let v1 = freezer.or(self.v1.first()).map(|one| &one.path);
        self.v2.as_ref().filter(|path| path.exists()).or(v1)
    }

    fn v1_with(&self, controller: &str) -> Option<&V1Directory> {
        self.v1.iter().find(|one| one.hierarchy.has(controller))
    }

    /// Did the kernel kill a process for the memory limit?
    pub(crate) fn oom_killed(&self) -> bool {
        let count = match (self.v1_with("memory"), &self.v2) {
            (Some(v1), _) => counter(&v1.path, "memory.oom_control", "oom_kill"),
            (None, Some(v2)) => counter(v2, "memory.events", "oom_kill"),
            (None, None) => None,
        };
        count.unwrap_or(0) > 0
    }

    /// Freezes or thaws all processes, and waits until that is so.
    pub(crate) fn freeze(&self, frozen: bool) -> Result<(), ContainerError> {
        if let Some(path) = self.v2.as_ref().filter(|path| path.exists()) {
            write(path, "cgroup.freeze", if frozen { "1" } else { "0" })?;
            let want = u64::from(frozen);
            return wait_until(path, || {
                counter(path, "cgroup.events", "frozen") == Some(want)
            });
        }
        if let Some(v1) = self.v1_with("freezer") {
            let state = if frozen { "FROZEN" } else { "THAWED" };
            write(&v1.path, "freezer.state", state)?;
            let file = v1.path.join("freezer.state");
            return wait_until(&v1.path, || {
                fs::read_to_string(&file).is_ok_and(|text| text.trim() == state)
            });
        }
        Ok(())
    }

    /// Kills everything in it and waits until it is empty.
    pub(crate) fn kill_all(&self) -> Result<(), ContainerError> {
        let Some(path) = self.primary() else {
            return Ok(());
        };
        if !path.exists() {
            return Ok(());
        }
        // Frozen processes of version 1 end only after a thaw.
        if let Some(v1) = self.v1_with("freezer").filter(|one| one.path.exists()) {
            let _ = write(&v1.path, "freezer.state", "THAWED");
        }
        wait_until(path, || match self.processes() {
            Ok(left) if left.is_empty() => true,
            Ok(left) => {
                // In one step where the kernel can; else a fork may be faster than the loop, which
                // then finds the child in the next round.
                if write(path, "cgroup.kill", "1").is_err() {
                    for pid in left.into_iter().filter_map(|pid| i32::try_from(pid).ok()) {
                        let _ = signals::kill(pid, 9);
                    }
                }
                false
            }
            Err(_) => !path.exists(),
        })
    }

    /// Removes the directories and those below them. They must have no processes. Tries all, and
    /// reports the first failure.
    pub(crate) fn remove_directories(&self) -> Result<(), ContainerError> {
        let mut result = Ok(());
        let v1 = self.v1.iter().map(|one| &one.path);
        for path in v1.chain(&self.v2) {
            let removed = remove_tree(path);
            if result.is_ok() {
                result = removed;
            }
        }
        result
    }
}

fn collect(directory: &Path, found: &mut Vec<u32>) -> Result<(), ContainerError> {
    let file = directory.join("cgroup.procs");
    let text = fs::read_to_string(&file).map_err(|source| failed(&file, source))?;
    found.extend(text.lines().filter_map(|line| line.parse::<u32>().ok()));
    for below in subdirectories(directory) {
        match collect(&below, found) {
            Err(ContainerError::Cgroup { source, .. }) if is_gone(&source) => {}
            result => result?,
        }
    }
    Ok(())
}

fn is_gone(error: &io::Error) -> bool {
    // Reading a file of a removed cgroup fails with ENODEV.
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(19)
}

fn subdirectories(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let entries = entries.filter_map(Result::ok);
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    directories.map(|entry| entry.path()).collect()
}

fn remove_tree(directory: &Path) -> Result<(), ContainerError> {
    // Most containers have made no cgroups of their own: one call.
    match fs::remove_dir(directory) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(_) => {}
    }
    for below in subdirectories(directory) {
        remove_tree(&below)?;
    }
    // A process that was reaped a moment ago can still be counted.
    wait_until(directory, || {
        fs::remove_dir(directory).is_ok() || !directory.exists()
    })
}

fn wait_until(path: &Path, mut condition: impl FnMut() -> bool) -> Result<(), ContainerError> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    while !condition() {
        if start.elapsed() > PATIENCE {
            return Err(ContainerError::Stuck {
                path: path.display().to_string(),
            });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    Ok(())
}
