//! Limits of the cgroup that the process is in: version 1 hierarchies and version 2
//! (`cgroups(7)`; the kernel's `cgroup-v1/` and `cgroup-v2.rst`).

use std::fs;

use crate::Line;

const NO_LIMIT: &str = "no limit";

pub fn lines() -> Vec<Line> {
    let cgroups = Cgroups::of_self();
    vec![
        ("memory", memory(&cgroups)),
        ("CPU", cpu(&cgroups)),
        ("processes", processes(&cgroups)),
    ]
}

/// Where the cgroup's files are, as the container's mounts and `/proc/self/cgroup` tell it.
struct Cgroups {
    mountinfo: String,
    membership: String,
}

impl Cgroups {
    fn of_self() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            mountinfo: read("/proc/self/mountinfo"),
            membership: read("/proc/self/cgroup"),
        }
    }

    /// Contents of the first file that is there: of the version 1 controller, or of version 2.
    fn read(&self, controller: &str, v1_file: &str, v2_file: &str) -> Option<String> {
        let old = self.directories(Some(controller)).into_iter();
        let new = self.directories(None).into_iter();
        old.map(|dir| format!("{dir}/{v1_file}"))
            .chain(new.map(|dir| format!("{dir}/{v2_file}")))
            .find_map(|path| fs::read_to_string(path).ok())
            .map(|text| text.trim().to_owned())
    }

    /// Directories that may be the process's cgroup in a hierarchy; none for version 2.
    fn directories(&self, controller: Option<&str>) -> Vec<String> {
        let Some(mount_point) = mount_point(&self.mountinfo, controller) else {
            return Vec::new();
        };
        let inner = member_path(&self.membership, controller).unwrap_or("/");
        let inner = inner.trim_end_matches('/');
        // Without a cgroup namespace the path is the host's, yet the mount shows the cgroup itself.
        vec![format!("{mount_point}{inner}"), mount_point.to_owned()]
    }
}

fn mount_point<'a>(mountinfo: &'a str, controller: Option<&str>) -> Option<&'a str> {
    mountinfo.lines().find_map(|line| {
        let (place, source) = line.split_once(" - ")?;
        let mut source = source.split(' ');
        let kind = source.next()?;
        let options = source.nth(1).unwrap_or_default();
        let found = match controller {
            Some(controller) => kind == "cgroup" && options.split(',').any(|o| o == controller),
            None => kind == "cgroup2",
        };
        found.then(|| place.split(' ').nth(4)).flatten()
    })
}

fn member_path<'a>(membership: &'a str, controller: Option<&str>) -> Option<&'a str> {
    membership.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let found = match controller {
            Some(controller) => controllers.split(',').any(|c| c == controller),
            None => controllers.is_empty(),
        };
        found.then_some(path)
    })
}

fn memory(cgroups: &Cgroups) -> String {
    let limit = cgroups.read("memory", "memory.limit_in_bytes", "memory.max");
    let limit = limit.map_or_else(|| NO_LIMIT.to_owned(), |text| memory_limit(&text));
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo.split_whitespace().nth(1);
    match total.and_then(|kib| kib.parse::<u64>().ok()) {
        Some(kib) => format!("{limit}, the host has {}", bytes(kib * 1024)),
        None => limit,
    }
}

/// Version 1 writes "no limit" as the largest multiple of a page, version 2 as `max`.
fn memory_limit(text: &str) -> String {
    match text.parse::<u64>() {
        Ok(limit) if limit < 1 << 62 => bytes(limit),
        _ => NO_LIMIT.to_owned(),
    }
}

fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut shown = count as f64 / 1024.0;
    while shown >= 1024.0 && unit + 1 < UNITS.len() {
        shown /= 1024.0;
        unit += 1;
    }
    let text = format!("{shown:.1}");
    format!("{} {}", text.trim_end_matches(".0"), UNITS[unit])
}

fn cpu(cgroups: &Cgroups) -> String {
    let quota = cgroups.read("cpu", "cpu.cfs_quota_us", "cpu.max");
    let period = cgroups.read("cpu", "cpu.cfs_period_us", "cpu.max");
    let period = period
        .as_deref()
        .and_then(|text| text.split(' ').next_back());
    let quota = quota.as_deref().and_then(|text| text.split(' ').next());
    let limit = cpu_limit(quota.unwrap_or("max"), period.unwrap_or_default());
    match std::thread::available_parallelism() {
        Ok(count) => format!("{limit}, {count} usable"),
        Err(_) => limit,
    }
}

fn cpu_limit(quota: &str, period: &str) -> String {
    match (quota.parse::<f64>(), period.parse::<f64>()) {
        (Ok(quota), Ok(period)) if quota > 0.0 && period > 0.0 => {
            let text = format!("{:.2}", quota / period);
            let text = text.trim_end_matches('0').trim_end_matches('.');
            format!("{text} CPUs")
        }
        _ => NO_LIMIT.to_owned(),
    }
}

fn processes(cgroups: &Cgroups) -> String {
    match cgroups.read("pids", "pids.max", "pids.max") {
        Some(limit) if limit.parse::<u64>().is_ok() => format!("at most {limit}"),
        _ => NO_LIMIT.to_owned(),
    }
}

#[cfg(test)]
mod tests;
