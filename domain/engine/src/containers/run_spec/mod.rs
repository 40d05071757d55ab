//! From a container's record to what the runtime is told. Pure.

mod capabilities;
mod devices;
mod mounts;
mod namespaces;
mod process;
mod security;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use palan_model::log::LogSpec;
use palan_model::run::{DeviceNode, Namespace, RootfsSpec, RunSpec};
use palan_model::{ContainerRecord, HostConfig};

pub(super) use mounts::DEFAULT_SHM;
pub(super) use namespaces::{Joined, SharedNamespaces, Sharing};
pub(super) use process::plan_exec;
pub(super) use security::{Filter, Security, parse_security};

use crate::{Error, Result};

/// What planning needs besides the record.
pub(super) struct Surroundings<'a> {
    /// The container's directory.
    pub directory: &'a Path,
    /// The directory with `hosts`, `hostname` and `resolv.conf`: another's when it is on the other's
    /// network.
    pub network_files: &'a Path,
    /// Its root file system.
    pub rootfs: RootfsSpec,
    /// Where its network namespace comes from.
    pub network: Namespace,
    /// Namespaces of other containers it joins.
    pub joined: Joined,
    /// Devices of the host that were asked for, already looked up, with their cgroup permissions.
    pub devices: Vec<(DeviceNode, String)>,
    /// The compiled system call filter.
    pub seccomp: Option<PathBuf>,
    /// Parent of all cgroups.
    pub cgroup_parent: &'a str,
    /// 1 or 2.
    pub cgroup_version: u8,
}

/// Plans a run.
///
/// # Errors
/// Options that contradict each other or do not exist.
pub(super) fn plan_run(record: &ContainerRecord, around: Surroundings<'_>) -> Result<RunSpec> {
    let host = &record.host;
    let security = parse_security(host)?;
    let shared = SharedNamespaces::parse(host, around.cgroup_version)?;
    let (devices, device_rules) = devices::plan_devices(host, around.devices)?;
    Ok(RunSpec {
        id: record.id.clone(),
        rootfs: around.rootfs,
        readonly_rootfs: host.readonly_rootfs,
        mounts: mounts::plan(record, around.network_files, &shared),
        devices,
        device_rules,
        masked_paths: host.masked_paths.clone().unwrap_or_default(),
        readonly_paths: host.readonly_paths.clone().unwrap_or_default(),
        process: process::plan_first(record, &security, around.seccomp)?,
        init: host.init.unwrap_or(false),
        hostname: record.config.hostname.clone(),
        domainname: record.config.domainname.clone(),
        namespaces: shared.plan(around.network, around.joined),
        cgroup: cgroup_path(record, around.cgroup_parent),
        resources: host.resources.clone(),
        sysctls: host
            .sysctls
            .iter()
            // Those of the network were written when its namespace was made.
            .filter(|(key, _)| !key.starts_with("net."))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        oom_score_adj: Some(host.oom_score_adj),
        open_stdin: record.config.open_stdin,
        stdin_once: record.config.stdin_once,
        log: log_spec(record, around.directory)?,
    })
}

fn cgroup_path(record: &ContainerRecord, default_parent: &str) -> String {
    let parent = record.host.resources.cgroup_parent.trim_matches('/');
    let parent = if parent.is_empty() {
        default_parent
    } else {
        parent
    };
    format!("{parent}/{}", record.id)
}

/// Path of a container's log, relative to nothing.
pub(super) fn log_path(record: &ContainerRecord, directory: &Path) -> PathBuf {
    directory.join(format!("{}-json.log", record.id))
}

/// Where the container's output is kept; none for `none`.
///
/// # Errors
/// Unknown drivers and options.
pub(super) fn log_spec(record: &ContainerRecord, directory: &Path) -> Result<Option<LogSpec>> {
    let (max_size, max_files) = check_log(&record.host)?;
    Ok(match record.host.log.driver.as_str() {
        "none" => None,
        _ => Some(LogSpec {
            path: log_path(record, directory),
            max_size,
            max_files,
        }),
    })
}

/// The log's rotation: largest size, number of files.
pub(super) fn check_log(host: &HostConfig) -> Result<(Option<u64>, u32)> {
    let driver = host.log.driver.as_str();
    if !matches!(driver, "" | "none" | "json-file") {
        return Err(Error::InvalidParameter(format!(
            "error looking up logging plugin {driver}: plugin \"{driver}\" not found"
        )));
    }
    let (mut max_size, mut max_files) = (None, 1);
    if driver == "none" {
        return Ok((max_size, max_files));
    }
    for (key, value) in &host.log.options {
        let invalid = || {
            Error::InvalidParameter(format!(
                "invalid value for {key} of json-file log driver: {value}"
            ))
        };
        match key.as_str() {
            "max-size" => max_size = Some(parse_size(value).ok_or_else(invalid)?),
            "max-file" => {
                max_files = value.parse().ok().filter(|n| *n > 0).ok_or_else(invalid)?;
            }
            "labels" | "labels-regex" | "env" | "env-regex" | "tag" | "mode" | "compress"
            | "max-buffer-size" => {}
            _ => {
                return Err(Error::InvalidParameter(format!(
                    "unknown log opt '{key}' for json-file log driver"
                )));
            }
        }
    }
    Ok((max_size, max_files))
}

/// `10m`, `1.5GB`, `512 k`, `100`: bytes, in powers of 1000 as Docker counts here.
fn parse_size(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let text = text.strip_suffix('b').unwrap_or(&text);
    let text = text.strip_suffix('i').unwrap_or(text);
    let digits = text.trim_end_matches(['k', 'm', 'g', 't', 'p']);
    let power = match &text[digits.len()..] {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let digits = digits.strip_suffix(' ').unwrap_or(digits);
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let size = digits.parse::<f64>().ok()? * 1000_f64.powi(power);
    // Saturates at the largest size.
    Some(size as u64).filter(|size| *size > 0)
}
