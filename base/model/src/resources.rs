//! Limits on what a container may use.

use serde::{Deserialize, Serialize};

/// Resource limits. Zero and `None` mean "no limit", as in Docker's API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// Relative CPU weight, 2 to 262144; 0 for the default (1024).
    pub cpu_shares: i64,
    /// Memory limit in bytes.
    pub memory: i64,
    /// Soft memory limit in bytes.
    pub memory_reservation: i64,
    /// Memory plus swap in bytes; -1 unlimited.
    pub memory_swap: i64,
    /// 0 to 100.
    pub memory_swappiness: Option<i64>,
    /// Billionths of a CPU.
    pub nano_cpus: i64,
    /// CFS period in microseconds.
    pub cpu_period: i64,
    /// CFS quota in microseconds per period.
    pub cpu_quota: i64,
    /// Real-time period in microseconds.
    pub cpu_realtime_period: i64,
    /// Real-time runtime in microseconds.
    pub cpu_realtime_runtime: i64,
    /// CPUs allowed, for example `0-2,4`.
    pub cpuset_cpus: String,
    /// Memory nodes allowed.
    pub cpuset_mems: String,
    /// Number of processes; `None`, 0 and -1 unlimited.
    pub pids_limit: Option<i64>,
    /// Block IO weight, 10 to 1000; 0 for the default.
    pub blkio_weight: u16,
    /// Do not kill on out of memory.
    pub oom_kill_disable: Option<bool>,
    /// Resource limits of processes (`getrlimit(2)`).
    pub ulimits: Vec<Ulimit>,
    /// Host devices given to the container.
    pub devices: Vec<DeviceMapping>,
    /// Extra rules for the device cgroup, for example `c 13:* rwm`.
    pub device_cgroup_rules: Vec<String>,
    /// Path of the parent cgroup.
    pub cgroup_parent: String,
}

/// One `--ulimit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// Lower-case name without `RLIMIT_`, for example `nofile`.
    pub name: String,
    /// Soft limit; -1 unlimited.
    pub soft: i64,
    /// Hard limit; -1 unlimited.
    pub hard: i64,
}

/// One `--device`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceMapping {
    /// Path of the host.
    pub path_on_host: String,
    /// Path in the container.
    pub path_in_container: String,
    /// Some of `r`, `w`, `m`.
    pub cgroup_permissions: String,
}
