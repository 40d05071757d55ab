//! Who the process is: numbers, names and namespaces (`proc(5)`, `namespaces(7)`).

use std::fs;

use crate::{HIDDEN, Line};

const NAMESPACES: [&str; 7] = ["pid", "mnt", "net", "uts", "ipc", "user", "cgroup"];

pub fn lines() -> Vec<Line> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let status = read("/proc/self/status");
    let hostname = read("/proc/sys/kernel/hostname");
    let mut lines = vec![
        ("process", process(&status)),
        ("host name", or_hidden(hostname.trim())),
        ("user", user(&status, &read("/etc/passwd"))),
        ("kernel", or_hidden(&kernel(&read("/proc/version")))),
    ];
    lines.extend(namespaces());
    lines
}

fn kernel(version: &str) -> String {
    let name = version.split(" (").next().unwrap_or_default();
    name.replace(" version ", " ")
}

fn or_hidden(text: &str) -> String {
    let text = if text.is_empty() { HIDDEN } else { text };
    text.to_owned()
}

/// The value of a field of `/proc/<pid>/status`.
pub fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

fn process(status: &str) -> String {
    let visible = fs::read_dir("/proc").map_or(0, |entries| {
        let is_pid = |name: &str| name.bytes().all(|b| b.is_ascii_digit());
        entries
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_some_and(is_pid))
            .count()
    });
    let parent = field(status, "PPid").unwrap_or("?");
    let pid = std::process::id();
    format!("PID {pid}, parent {parent}, {visible} visible in /proc")
}

fn user(status: &str, passwd: &str) -> String {
    let real = |name| field(status, name).and_then(|ids| ids.split_whitespace().next());
    let (Some(uid), Some(gid)) = (real("Uid"), real("Gid")) else {
        return HIDDEN.to_owned();
    };
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(uid)).then_some(name)
    });
    let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
    let groups = match field(status, "Groups").unwrap_or_default() {
        "" => "no other groups".to_owned(),
        groups => format!("groups {groups}"),
    };
    format!("uid {uid}{name}, gid {gid}, {groups}")
}

fn namespaces() -> Vec<Line> {
    let one = |name: &&str| {
        let link = fs::read_link(format!("/proc/self/ns/{name}")).ok()?;
        let number = link.to_str()?.split(['[', ']']).nth(1)?.to_owned();
        Some(format!("{name:<7}{number}"))
    };
    let found: Vec<_> = NAMESPACES.iter().filter_map(one).collect();
    if found.is_empty() {
        return vec![("namespaces", HIDDEN.to_owned())];
    }
    let labels = std::iter::once("namespaces").chain(std::iter::repeat(""));
    let texts = found.chunks(4).map(|some| some.join("   "));
    labels.zip(texts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_names_when_the_image_has_a_passwd_file() {
        let status = "Name:\thello\nUid:\t33\t33\t33\t33\nGid:\t7\t7\t7\t7\nGroups:\t4 20 \n";
        let passwd = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n";
        assert_eq!(
            user(status, passwd),
            "uid 33 (www-data), gid 7, groups 4 20"
        );
        let status = "Uid:\t33\t0\t0\t0\nGid:\t7\t0\t0\t0\nGroups:\t\n";
        assert_eq!(user(status, ""), "uid 33, gid 7, no other groups");
        assert_eq!(user("", ""), HIDDEN);
    }
}
