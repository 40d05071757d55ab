//! Which value goes into which cgroup file: pure.
//!
//! Sources: the kernel's `admin-guide/cgroup-v1` and `admin-guide/cgroup-v2`; conversions between
//! Docker's units and version 2 are those of the OCI runtimes, so that the same option weighs the
//! same everywhere.

use palan_model::Resources;

/// One value to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) file: &'static str,
    pub(crate) value: String,
    /// What to do when the kernel does not have the file.
    pub(crate) absent: Absent,
}

/// Whether a limit may be left out when this kernel cannot keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// The container must not run without it.
    Fails,
    /// It is left out, as Docker does (swap accounting, weights, hints).
    Skipped,
}

/// Docker's period when only a number of CPUs is given, in microseconds.
const DEFAULT_PERIOD: i64 = 100_000;

/// The settings of one controller of version 1.
pub(crate) fn plan_v1(controller: &str, resources: &Resources) -> Vec<Setting> {
    let mut plan = Plan::default();
    match controller {
        "memory" => plan.memory_v1(resources),
        "cpu" => plan.cpu_v1(resources),
        "cpuset" => plan.cpuset(resources),
        "pids" => plan.pids(resources),
        "blkio" if resources.blkio_weight > 0 => {
            plan.soft("blkio.weight", resources.blkio_weight);
            plan.soft("blkio.bfq.weight", resources.blkio_weight);
        }
        _ => {}
    }
    plan.0
}

/// The settings of one controller of version 2.
pub(crate) fn plan_v2(controller: &str, resources: &Resources) -> Vec<Setting> {
    let mut plan = Plan::default();
    match controller {
        "memory" => plan.memory_v2(resources),
        "cpu" => plan.cpu_v2(resources),
        "cpuset" => plan.cpuset(resources),
        "pids" => plan.pids(resources),
        "io" if resources.blkio_weight > 0 => {
            plan.soft("io.bfq.weight", resources.blkio_weight);
            plan.soft("io.weight", io_weight(resources.blkio_weight));
        }
        _ => {}
    }
    plan.0
}

#[derive(Default)]
struct Plan(Vec<Setting>);

impl Plan {
    fn hard(&mut self, file: &'static str, value: impl ToString) {
        self.push(file, value.to_string(), Absent::Fails);
    }

    fn soft(&mut self, file: &'static str, value: impl ToString) {
        self.push(file, value.to_string(), Absent::Skipped);
    }

    fn push(&mut self, file: &'static str, value: String, absent: Absent) {
        self.0.push(Setting {
            file,
            value,
            absent,
        });
    }

    fn memory_v1(&mut self, resources: &Resources) {
        if resources.memory != 0 {
            self.hard("memory.limit_in_bytes", resources.memory);
        }
        if resources.memory_swap != 0 {
            self.soft("memory.memsw.limit_in_bytes", resources.memory_swap);
        }
        if resources.memory_reservation != 0 {
            self.soft("memory.soft_limit_in_bytes", resources.memory_reservation);
        }
        if let Some(swappiness) = resources.memory_swappiness.filter(|value| *value >= 0) {
            self.soft("memory.swappiness", swappiness);
        }
        if resources.oom_kill_disable == Some(true) {
            self.soft("memory.oom_control", 1);
        }
    }

    fn memory_v2(&mut self, resources: &Resources) {
        if resources.memory != 0 {
            self.hard("memory.max", or_max(resources.memory));
        }
        if resources.memory_swap != 0 {
            self.soft("memory.swap.max", swap_v2(resources));
        }
        if resources.memory_reservation != 0 {
            self.soft("memory.low", or_max(resources.memory_reservation));
        }
    }

    fn cpu_v1(&mut self, resources: &Resources) {
        if resources.cpu_shares != 0 {
            self.hard("cpu.shares", resources.cpu_shares);
        }
        let (quota, period) = bandwidth(resources);
        if period != 0 {
            self.hard("cpu.cfs_period_us", period);
        }
        if quota != 0 {
            self.hard("cpu.cfs_quota_us", quota);
        }
        if resources.cpu_realtime_period != 0 {
            self.hard("cpu.rt_period_us", resources.cpu_realtime_period);
        }
        if resources.cpu_realtime_runtime != 0 {
            self.hard("cpu.rt_runtime_us", resources.cpu_realtime_runtime);
        }
    }

    fn cpu_v2(&mut self, resources: &Resources) {
        if resources.cpu_shares != 0 {
            self.hard("cpu.weight", cpu_weight(resources.cpu_shares));
        }
        let (quota, period) = bandwidth(resources);
        if quota != 0 || period != 0 {
            let quota = if quota == 0 { -1 } else { quota };
            let period = if period == 0 { DEFAULT_PERIOD } else { period };
            self.hard("cpu.max", format!("{} {period}", or_max(quota)));
        }
    }

    fn cpuset(&mut self, resources: &Resources) {
        if !resources.cpuset_cpus.is_empty() {
            self.hard("cpuset.cpus", &resources.cpuset_cpus);
        }
        if !resources.cpuset_mems.is_empty() {
            self.hard("cpuset.mems", &resources.cpuset_mems);
        }
    }

    fn pids(&mut self, resources: &Resources) {
        if let Some(limit) = resources.pids_limit.filter(|limit| *limit != 0) {
            self.hard("pids.max", or_max(limit));
        }
    }
}

/// Quota and period in microseconds; 0 where nothing is asked.
fn bandwidth(resources: &Resources) -> (i64, i64) {
    if resources.nano_cpus > 0 {
        let quota = resources.nano_cpus.saturating_mul(DEFAULT_PERIOD) / 1_000_000_000;
        return (quota.max(1000), DEFAULT_PERIOD);
    }
    (resources.cpu_quota, resources.cpu_period)
}

fn or_max(value: i64) -> String {
    if value < 0 {
        "max".to_owned()
    } else {
        value.to_string()
    }
}

/// Docker counts memory and swap together, version 2 swap alone.
fn swap_v2(resources: &Resources) -> String {
    if resources.memory_swap < 0 || resources.memory <= 0 {
        return "max".to_owned();
    }
    (resources.memory_swap - resources.memory)
        .max(0)
        .to_string()
}

/// 2..262144 with the default 1024 to 1..10000 with the default 100, on a logarithmic scale:
/// `10^((l^2 + 125 l) / 612 - 7 / 34)` for `l = log2(shares)`, as in the OCI runtimes.
fn cpu_weight(shares: i64) -> i64 {
    if shares <= 2 {
        return 1;
    }
    if shares >= 262_144 {
        return 10_000;
    }
    let l = (shares as f64).log2();
    let exponent = (l * l + 125.0 * l) / 612.0 - 7.0 / 34.0;
    10_f64.powf(exponent).ceil() as i64
}

/// 10..1000 to 1..10000, linearly.
fn io_weight(weight: u16) -> u64 {
    1 + u64::from(weight.clamp(10, 1000) - 10) * 9999 / 990
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(plan: &[Setting]) -> Vec<String> {
        let line = |s: &Setting| format!("{} {}", s.file, s.value);
        plan.iter().map(line).collect()
    }

    #[test]
    fn nothing_asked_is_nothing_written() {
        let none = Resources::default();
        for controller in ["memory", "cpu", "cpuset", "pids", "blkio", "io", "freezer"] {
            assert!(plan_v1(controller, &none).is_empty());
            assert!(plan_v2(controller, &none).is_empty());
        }
    }

    #[test]
    fn memory_and_swap() {
        let resources = Resources {
            memory: 64 << 20,
            memory_swap: 128 << 20,
            ..Resources::default()
        };
        assert_eq!(
            lines(&plan_v1("memory", &resources)),
            [
                "memory.limit_in_bytes 67108864",
                "memory.memsw.limit_in_bytes 134217728"
            ]
        );
        assert_eq!(
            lines(&plan_v2("memory", &resources)),
            ["memory.max 67108864", "memory.swap.max 67108864"]
        );
        let unlimited = Resources {
            memory_swap: -1,
            ..resources
        };
        assert_eq!(
            lines(&plan_v2("memory", &unlimited))[1],
            "memory.swap.max max"
        );
    }

    #[test]
    fn cpus() {
        let resources = Resources {
            nano_cpus: 1_500_000_000,
            cpu_shares: 1024,
            ..Resources::default()
        };
        assert_eq!(
            lines(&plan_v1("cpu", &resources)),
            [
                "cpu.shares 1024",
                "cpu.cfs_period_us 100000",
                "cpu.cfs_quota_us 150000"
            ]
        );
        assert_eq!(
            lines(&plan_v2("cpu", &resources)),
            ["cpu.weight 100", "cpu.max 150000 100000"]
        );
        assert_eq!((cpu_weight(2), cpu_weight(262_144)), (1, 10_000));
        assert_eq!((io_weight(10), io_weight(1000)), (1, 10_000));
    }

    #[test]
    fn pids_limits() {
        let with = |limit| Resources {
            pids_limit: Some(limit),
            ..Resources::default()
        };
        assert_eq!(lines(&plan_v1("pids", &with(7))), ["pids.max 7"]);
        assert_eq!(lines(&plan_v2("pids", &with(-1))), ["pids.max max"]);
        assert!(plan_v1("pids", &with(0)).is_empty());
    }
}
