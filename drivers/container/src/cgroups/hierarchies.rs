//! Where the host has mounted its cgroup hierarchies (`proc_pid_mountinfo(5)`, `cgroups(7)`).

use std::path::PathBuf;

/// The mounted hierarchies. A host has version 1, version 2, or both ("hybrid").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hierarchies {
    pub(crate) v1: Vec<V1>,
    pub(crate) v2: Option<PathBuf>,
}

/// One hierarchy of version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct V1 {
    pub(crate) mount: PathBuf,
    /// `memory`, `cpu` and so on; `name=systemd` for one without controllers.
    pub(crate) controllers: Vec<String>,
}

/// Options in the superblock's list that are not controllers.
const NOT_CONTROLLERS: [&str; 7] = [
    "rw",
    "ro",
    "xattr",
    "clone_children",
    "noprefix",
    "cpuset_v2_mode",
    "favordynmods",
];

impl Hierarchies {
    /// Reads the text of `/proc/self/mountinfo`. The first mount of each hierarchy counts.
    pub(crate) fn parse(mountinfo: &str) -> Self {
        let mut found = Self::default();
        for line in mountinfo.lines() {
            // Most lines are of other file systems: look before splitting.
            let Some((left, right)) = line.split_once(" - cgroup") else {
                continue;
            };
            let Some(mount) = left.split(' ').nth(4).map(unescape) else {
                continue;
            };
            if right.starts_with("2 ") {
                found.v2.get_or_insert(mount);
            } else if let Some(options) = right.rsplit(' ').next() {
                found.add_v1(mount, options);
            }
        }
        found
    }

    fn add_v1(&mut self, mount: PathBuf, options: &str) {
        let controllers: Vec<String> = options
            .split(',')
            .filter(|option| {
                !NOT_CONTROLLERS.contains(option) && !option.starts_with("release_agent=")
            })
            .map(str::to_owned)
            .collect();
        if !self.v1.iter().any(|known| known.controllers == controllers) {
            self.v1.push(V1 { mount, controllers });
        }
    }
}

impl V1 {
    pub(crate) fn has(&self, controller: &str) -> bool {
        self.controllers.iter().any(|name| name == controller)
    }
}

/// Undoes the octal escapes of blanks and backslashes.
fn unescape(field: &str) -> PathBuf {
    let mut text = field.to_owned();
    for (code, letter) in [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ] {
        if text.contains(code) {
            text = text.replace(code, letter);
        }
    }
    PathBuf::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hybrid_host() {
        let text = "\
24 27 0:6 / /dev rw - devtmpfs devtmpfs rw,size=1k\n\
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
34 31 0:30 /x /mnt/again rw - cgroup cgroup rw,memory\n\
40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/a,name=systemd\n\
41 31 0:38 / /sys/fs/cgroup/with\\040blank rw - cgroup2 cgroup2 rw,nsdelegate\n";
        let found = Hierarchies::parse(text);
        assert_eq!(found.v2, Some(PathBuf::from("/sys/fs/cgroup/with blank")));
        let controllers: Vec<_> = found.v1.iter().map(|v1| v1.controllers.join("+")).collect();
        assert_eq!(controllers, ["cpu+cpuacct", "memory", "name=systemd"]);
        assert_eq!(found.v1[1].mount, PathBuf::from("/sys/fs/cgroup/memory"));
        assert!(found.v1[0].has("cpuacct") && !found.v1[0].has("memory"));
    }
}
