//! What `info` and `version` tell about the host, found once at the start.

use std::path::Path;

use palan_engine::system::{HostFacts, Limits};
use palan_model::Timestamp;
use rustix::fs::{StatFs, statfs};

/// Magic number of cgroup v2 (`statfs(2)`).
const CGROUP2_MAGIC: i64 = 0x6367_7270;

/// Looks at the host.
pub fn gather(data_root: &Path) -> HostFacts {
    let uname = rustix::system::uname();
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let os_release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let cgroup_version = cgroup_version();
    HostFacts {
        name: text(uname.nodename()),
        kernel: text(uname.release()),
        operating_system: os_value(&os_release, "PRETTY_NAME").unwrap_or_else(|| "Linux".into()),
        os_version: os_value(&os_release, "VERSION_ID").unwrap_or_default(),
        machine: text(uname.machine()),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        memory: memory(),
        cgroup_version,
        backing_filesystem: filesystem(data_root),
        limits: limits(cgroup_version),
    }
}

/// When this program's file was written.
pub fn built() -> Option<Timestamp> {
    let modified = std::fs::metadata("/proc/self/exe").ok()?.modified().ok()?;
    Timestamp::try_from(modified).ok()
}

fn os_value(os_release: &str, key: &str) -> Option<String> {
    let line = os_release
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(line.trim_matches(['"', '\'']).to_owned())
}

/// Bytes of memory (`proc_meminfo(5)`).
fn memory() -> u64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|total| {
        total
            .trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<u64>()
            .ok()
    });
    kib.unwrap_or(0) * 1024
}

fn cgroup_version() -> u8 {
    match statfs("/sys/fs/cgroup") {
        Ok(StatFs { f_type, .. }) if f_type == CGROUP2_MAGIC => 2,
        _ => 1,
    }
}

/// Docker's word for the file system below a path.
fn filesystem(path: &Path) -> String {
    let Ok(StatFs { f_type, .. }) = statfs(path) else {
        return "<unknown>".to_owned();
    };
    match f_type {
        0xef53 => "extfs",
        0x5846_5342 => "xfs",
        0x9123_683e => "btrfs",
        0x0102_1994 => "tmpfs",
        0x2fc1_2fc1 => "zfs",
        0x794c_7630 => "overlayfs",
        0xf2f5_2010 => "f2fs",
        _ => "<unknown>",
    }
    .to_owned()
}

fn limits(version: u8) -> Limits {
    let exists = |path: &str| Path::new(path).exists();
    let controllers =
        std::fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").unwrap_or_default();
    let has = |name: &str| match version {
        2 => controllers
            .split_whitespace()
            .any(|controller| controller == name),
        _ => exists(&format!("/sys/fs/cgroup/{name}")),
    };
    let forwarding = std::fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap_or_default();
    Limits {
        memory: has("memory"),
        swap: match version {
            2 => has("memory"),
            _ => exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"),
        },
        cpu_quota: match version {
            2 => has("cpu"),
            _ => exists("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
        },
        cpu_shares: has("cpu"),
        cpuset: has("cpuset"),
        pids: has("pids"),
        ipv4_forwarding: forwarding.trim() == "1",
    }
}
