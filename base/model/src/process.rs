//! Processes as the host sees them, for `top` (`proc(5)`).

use std::time::Duration;

use crate::Timestamp;

/// One process.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessInfo {
    /// PID on the host.
    pub pid: u32,
    /// PID of its parent on the host.
    pub parent: u32,
    /// Real user on the host.
    pub uid: u32,
    /// That user's name in the host's passwd file; the number when it has none.
    pub user: String,
    /// One letter, as in `/proc/<pid>/stat`.
    pub state: char,
    /// `pts/0` and so on; `?` without a terminal.
    pub terminal: String,
    /// When it was started.
    pub started: Timestamp,
    /// Processor time used.
    pub cpu_time: Duration,
    /// Virtual memory in KiB.
    pub virtual_kib: u64,
    /// Resident memory in KiB.
    pub resident_kib: u64,
    /// Name of the program, at most 15 bytes.
    pub name: String,
    /// Arguments joined by spaces; `[name]` when it has none.
    pub command: String,
}
