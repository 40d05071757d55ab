//! The root file system and what is in it.

use std::fs;

use crate::{HIDDEN, Line};

/// Entries shown before the rest is only counted.
const SHOWN: usize = 20;

pub fn lines() -> Vec<Line> {
    let mountinfo = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let root = root_mount(&mountinfo).unwrap_or_else(|| HIDDEN.to_owned());
    let mounts = mountinfo.lines().count();
    vec![
        ("root", format!("{root}, {mounts} mounts in all")),
        ("entries of /", entries()),
    ]
}

/// Type and mode of the last mount at `/`, which is the one that is seen.
fn root_mount(mountinfo: &str) -> Option<String> {
    mountinfo.lines().rev().find_map(|line| {
        let (place, source) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(4);
        if place.next() != Some("/") {
            return None;
        }
        let options = place.next().unwrap_or_default();
        let read_only = options.split(',').any(|option| option == "ro");
        let mode = if read_only { "read-only" } else { "writable" };
        let kind = source.split(' ').next()?;
        Some(format!("{kind}, {mode}"))
    })
}

fn entries() -> String {
    let Ok(entries) = fs::read_dir("/") else {
        return HIDDEN.to_owned();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mount_at_the_root_counts() {
        let mountinfo = "\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:30 / / ro,relatime master:1 - overlay overlay rw,lowerdir=/a
3 2 0:31 / /proc rw - proc proc rw
";
        assert_eq!(root_mount(mountinfo).unwrap(), "overlay, read-only");
        assert_eq!(root_mount(""), None);
    }
}
