//! Capability names (`capabilities(7)`).

use palan_model::ErrorKind;

use crate::error::StartError;

/// Names without `CAP_`, in the order of their numbers (`linux/capability.h`).
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// `CAP_SYS_ADMIN` as a mask.
pub(crate) const SYS_ADMIN: u64 = 1 << 21;

/// The mask of a list of `CAP_..` names.
pub(crate) fn mask(names: &[String]) -> Result<u64, StartError> {
    let mut mask = 0;
    for name in names {
        let bare = name.strip_prefix("CAP_").unwrap_or(name);
        let number = NAMES.iter().position(|known| *known == bare);
        mask |= 1
            << number.ok_or_else(|| {
                let message = format!("unknown capability \"{name}\"");
                StartError::refused(128, ErrorKind::InvalidParameter, message)
            })?;
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_default_set_has_its_well_known_mask() {
        let default = [
            "AUDIT_WRITE",
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "FSETID",
            "KILL",
            "MKNOD",
            "NET_BIND_SERVICE",
            "NET_RAW",
            "SETFCAP",
            "SETGID",
            "SETPCAP",
            "SETUID",
            "SYS_CHROOT",
        ];
        let names: Vec<String> = default.iter().map(|name| format!("CAP_{name}")).collect();
        assert_eq!(mask(&names).unwrap(), 0xa804_25fb);
        assert_eq!(mask(&["CAP_SYS_ADMIN".to_owned()]).unwrap(), SYS_ADMIN);
        assert!(mask(&["CAP_NONE".to_owned()]).is_err());
    }
}
