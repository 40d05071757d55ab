//! What the process may do: capabilities, system call filter, privileges (`capabilities(7)`).

use std::fs;

use crate::identity::field;
use crate::{HIDDEN, Line};

/// Names by bit number, without `CAP_`.
const CAPABILITIES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// Names on one line of the report.
const PER_LINE: usize = 7;

pub fn lines() -> Vec<Line> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = capabilities(&status);
    lines.push(("system calls", seccomp(&status).to_owned()));
    let fixed = match field(&status, "NoNewPrivs") {
        Some("1") => "no: setuid programs have no effect",
        Some(_) => "yes, by setuid programs",
        None => HIDDEN,
    };
    lines.push(("more rights", fixed.to_owned()));
    lines
}

fn capabilities(status: &str) -> Vec<Line> {
    const LABEL: &str = "capabilities";
    let mask = field(status, "CapEff").and_then(|text| u64::from_str_radix(text, 16).ok());
    let Some(mask) = mask else {
        return vec![(LABEL, HIDDEN.to_owned())];
    };
    let held = CAPABILITIES.iter().enumerate();
    let held: Vec<_> = held
        .filter(|(bit, _)| mask >> bit & 1 == 1)
        .map(|(_, name)| *name)
        .collect();
    let total = CAPABILITIES.len();
    if held.is_empty() || held.len() == total {
        let text = if held.is_empty() { "none" } else { "all" };
        return vec![(LABEL, format!("{text} of {total}"))];
    }
    let mut lines = vec![(LABEL, format!("{} of {total}:", held.len()))];
    lines.extend(held.chunks(PER_LINE).map(|names| ("", names.join(" "))));
    lines
}

/// `seccomp(2)`; field `Seccomp` of `proc_pid_status(5)`.
fn seccomp(status: &str) -> &'static str {
    match field(status, "Seccomp") {
        Some("0") => "not filtered",
        Some("1") => "strict seccomp",
        Some("2") => "filtered by seccomp",
        _ => HIDDEN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_become_names() {
        let texts = |mask: &str| -> Vec<String> {
            let status = format!("CapEff:\t{mask}\n");
            let lines = capabilities(&status).into_iter();
            lines.map(|(_, text)| text).collect()
        };
        assert_eq!(texts("00000000a80425fb")[0], "14 of 41:");
        assert!(texts("00000000a80425fb")[2].ends_with("audit_write setfcap"));
        assert_eq!(texts("0000000000000000"), ["none of 41"]);
        assert_eq!(texts("000001ffffffffff"), ["all of 41"]);
        assert_eq!(texts("nonsense"), [HIDDEN]);
    }
}
