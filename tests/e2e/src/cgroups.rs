//! Top-level cgroups that an engine made: `docker`, `palan-<instance>`, `libpod_parent`.
//!
//! Engines keep them, as they keep their bridges; the harness removes those that are new and empty.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

const NAMES: &[&str] = &["docker", "palan", "libpod_parent"];

/// The cgroups that were there before; the new ones are removed on drop.
#[derive(Debug)]
pub struct TopLevelCgroups(BTreeSet<PathBuf>);

impl TopLevelCgroups {
    /// Notes what exists.
    #[must_use]
    pub fn record() -> Self {
        Self(list())
    }
}

impl Drop for TopLevelCgroups {
    fn drop(&mut self) {
        for path in list().difference(&self.0) {
            // The kernel refuses what is in use; podman keeps one for its monitors.
            let _ = fs::remove_dir(path.join("conmon"));
            let _ = fs::remove_dir(path);
        }
    }
}

fn list() -> BTreeSet<PathBuf> {
    let top = fs::read_dir("/sys/fs/cgroup")
        .into_iter()
        .flatten()
        .flatten();
    let below = top.filter_map(|hierarchy| fs::read_dir(hierarchy.path()).ok());
    let all = below.flatten().flatten().filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        entry.path().is_dir() && NAMES.iter().any(|known| name.starts_with(known))
    });
    all.map(|entry| entry.path()).collect()
}
