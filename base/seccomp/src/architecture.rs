//! Architectures with their system call tables.

use std::collections::HashMap;
use std::sync::OnceLock;

/// An architecture whose system calls a filter can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Architecture {
    X86_64,
    X86,
    /// 32-bit pointers on x86_64: the same `AUDIT_ARCH`, numbers from 0x40000000 on.
    X32,
    Aarch64,
    Arm,
}

/// Bit 30 marks x32's numbers (`__X32_SYSCALL_BIT`).
pub(crate) const X32_BIT: u32 = 0x4000_0000;

/// Numbers from here on are ARM's private calls, outside the common sequence.
const ARM_PRIVATE: u32 = 0xf_0000;

impl Architecture {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::X86_64, Self::X86, Self::X32, Self::Aarch64, Self::Arm];

    /// By libseccomp's name, for example `SCMP_ARCH_X86_64`.
    #[must_use]
    pub fn from_scmp(name: &str) -> Option<Self> {
        Some(match name {
            "SCMP_ARCH_X86_64" => Self::X86_64,
            "SCMP_ARCH_X86" => Self::X86,
            "SCMP_ARCH_X32" => Self::X32,
            "SCMP_ARCH_AARCH64" => Self::Aarch64,
            "SCMP_ARCH_ARM" => Self::Arm,
            _ => return None,
        })
    }

    /// Go's name, which profiles use in `includes` and `excludes`.
    #[must_use]
    pub fn go_name(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::X86 => "x86",
            Self::X32 => "x32",
            Self::Aarch64 => "arm64",
            Self::Arm => "arm",
        }
    }

    /// libseccomp's name.
    #[must_use]
    pub fn scmp_name(self) -> &'static str {
        match self {
            Self::X86_64 => "SCMP_ARCH_X86_64",
            Self::X86 => "SCMP_ARCH_X86",
            Self::X32 => "SCMP_ARCH_X32",
            Self::Aarch64 => "SCMP_ARCH_AARCH64",
            Self::Arm => "SCMP_ARCH_ARM",
        }
    }

    /// The architecture of this machine.
    #[must_use]
    pub fn native() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::X86_64),
            "aarch64" => Some(Self::Aarch64),
            _ => None,
        }
    }

    /// The value of `seccomp_data.arch` (`AUDIT_ARCH_..` of `linux/audit.h`).
    #[must_use]
    pub fn audit(self) -> u32 {
        match self {
            Self::X86_64 | Self::X32 => 0xc000_003e,
            Self::X86 => 0x4000_0003,
            Self::Aarch64 => 0xc000_00b7,
            Self::Arm => 0x4000_0028,
        }
    }

    /// Numbers of the system calls by name.
    #[must_use]
    pub fn table(self) -> &'static HashMap<&'static str, u32> {
        static TABLES: [OnceLock<HashMap<&'static str, u32>>; 5] = [const { OnceLock::new() }; 5];
        TABLES[self as usize].get_or_init(|| self.parse_table())
    }

    fn parse_table(self) -> HashMap<&'static str, u32> {
        let text = match self {
            Self::X86_64 => include_str!("../data/syscalls/x86_64.txt"),
            Self::X86 => include_str!("../data/syscalls/x86.txt"),
            Self::X32 => include_str!("../data/syscalls/x32.txt"),
            Self::Aarch64 => include_str!("../data/syscalls/aarch64.txt"),
            Self::Arm => include_str!("../data/syscalls/arm.txt"),
        };
        let entry = |line: &'static str| {
            let (name, number) = line.split_once(' ')?;
            Some((name, number.parse().ok()?))
        };
        text.lines().filter_map(entry).collect()
    }

    /// Does a number belong to the sequence in which new system calls are added?
    pub(crate) fn in_sequence(self, number: u32) -> bool {
        self != Self::Arm || number < ARM_PRIVATE
    }

    /// On i386, system calls that older programs reach through `socketcall` or `ipc`: the call and
    /// the value of its first argument (`linux/net.h`, `linux/ipc.h`).
    pub(crate) fn multiplexed(self, name: &str) -> Option<(&'static str, u64)> {
        const SOCKET: [&str; 20] = [
            "socket",
            "bind",
            "connect",
            "listen",
            "accept",
            "getsockname",
            "getpeername",
            "socketpair",
            "send",
            "recv",
            "sendto",
            "recvfrom",
            "shutdown",
            "setsockopt",
            "getsockopt",
            "sendmsg",
            "recvmsg",
            "accept4",
            "recvmmsg",
            "sendmmsg",
        ];
        const IPC: [(&str, u64); 12] = [
            ("semop", 1),
            ("semget", 2),
            ("semctl", 3),
            ("semtimedop", 4),
            ("msgsnd", 11),
            ("msgrcv", 12),
            ("msgget", 13),
            ("msgctl", 14),
            ("shmat", 21),
            ("shmdt", 22),
            ("shmget", 23),
            ("shmctl", 24),
        ];
        if self != Self::X86 {
            return None;
        }
        if let Some(index) = SOCKET.iter().position(|known| *known == name) {
            return Some(("socketcall", index as u64 + 1));
        }
        IPC.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, call)| ("ipc", *call))
    }
}
