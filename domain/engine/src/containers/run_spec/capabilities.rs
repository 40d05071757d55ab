//! Capabilities: Docker's default set, changed by `--cap-add` and `--cap-drop`
//! (`capabilities(7)`).

use palan_model::HostConfig;

use crate::{Error, Result};

/// What every container may do.
const DEFAULT: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

/// All that Linux knows, in the order of their numbers.
const ALL: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The capabilities of a container's processes, in the order of their numbers.
///
/// # Errors
/// Names that Linux does not know.
pub(super) fn plan(host: &HostConfig) -> Result<Vec<String>> {
    if host.privileged {
        return Ok(owned(ALL.iter()));
    }
    let add = normalise("CapAdd", &host.cap_add)?;
    let drop = normalise("CapDrop", &host.cap_drop)?;
    let all = |list: &[String]| list.iter().any(|name| name == "ALL");
    let has = |list: &[String], name: &str| list.iter().any(|other| other == name);
    let kept = |name: &&&str| {
        if all(&add) {
            !has(&drop, name)
        } else if all(&drop) {
            has(&add, name)
        } else {
            has(&add, name) || (DEFAULT.contains(*name) && !has(&drop, name))
        }
    };
    Ok(owned(ALL.iter().filter(kept)))
}

fn owned<'a>(names: impl Iterator<Item = &'a &'a str>) -> Vec<String> {
    names.map(|name| (*name).to_owned()).collect()
}

/// Upper case, with `CAP_`.
fn normalise(list: &str, names: &[String]) -> Result<Vec<String>> {
    names
        .iter()
        .map(|asked| {
            let name = asked.to_ascii_uppercase();
            if name == "ALL" || name == "CAP_ALL" {
                return Ok("ALL".to_owned());
            }
            let name = if name.starts_with("CAP_") {
                name
            } else {
                format!("CAP_{name}")
            };
            if ALL.contains(&name.as_str()) {
                Ok(name)
            } else {
                Err(Error::InvalidParameter(format!(
                    "invalid {list}: unknown capability: \"{name}\""
                )))
            }
        })
        .collect()
}
