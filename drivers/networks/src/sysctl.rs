//! Kernel settings below `/proc/sys/net`. They are those of the calling thread's network namespace.

use std::fs;

use crate::error::{Error, Result};

const ROOT: &str = "/proc/sys/";

/// Writes a setting that a user named, with dots or slashes between the parts, as `sysctl(8)` takes it.
pub fn write_named(name: &str, value: &str) -> Result<()> {
    write(&path(name)?, value)
}

/// Writes a setting, given by its path below `/proc/sys`.
pub fn write(path: &str, value: &str) -> Result<()> {
    fs::write(format!("{ROOT}{path}"), value).map_err(|source| Error::Setting {
        action: format!("write {value:?} to"),
        path: format!("{ROOT}{path}"),
        source,
    })
}

/// Reads a setting, without the final line feed.
pub fn read(path: &str) -> Result<String> {
    let text = fs::read_to_string(format!("{ROOT}{path}")).map_err(|source| Error::Setting {
        action: "read".to_owned(),
        path: format!("{ROOT}{path}"),
        source,
    })?;
    Ok(text.trim_end().to_owned())
}

/// The path of a named setting. Whichever of dot and slash comes first separates the parts; the other
/// one stands for itself, swapped, within a part (`net.ipv4.conf.eth0/1.forwarding`).
fn path(name: &str) -> Result<String> {
    let invalid = || Error::SysctlName(name.to_owned());
    let separator = name.find(['.', '/']).map(|at| name.as_bytes()[at]);
    let path: String = match separator {
        Some(b'.') => name
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect(),
        _ => name.to_owned(),
    };
    let mut parts = path.split('/');
    let inside = parts.next() == Some("net");
    if inside && parts.all(|p| !matches!(p, "" | "." | "..")) {
        Ok(path)
    } else {
        Err(invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn names_become_paths() {
        for (name, expected) in [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
            (
                "net.ipv4.conf.eth0/1.forwarding",
                "net/ipv4/conf/eth0.1/forwarding",
            ),
            (
                "net/ipv4/conf/eth0.1/forwarding",
                "net/ipv4/conf/eth0.1/forwarding",
            ),
        ] {
            assert_eq!(path(name).expect(name), expected);
        }
    }

    #[test]
    fn nothing_outside_net_is_reached() {
        for name in [
            "kernel.hostname",
            "net",
            "",
            "net/../kernel/hostname",
            "net./../kernel",
            "net..ipv4",
            "net.ipv4.",
            "/net/ipv4/ip_forward",
        ] {
            let result = path(name);
            assert!(
                result.is_err() || !result.as_deref().unwrap_or("").contains(".."),
                "{name}"
            );
        }
        assert!(path("kernel.hostname").is_err());
        assert!(path("net/../kernel/hostname").is_err());
    }
}
