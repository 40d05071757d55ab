//! Refusing requests that cannot be carried out, in Docker's words. Pure.

use palan_model::container::Healthcheck;
use palan_model::host::RestartMode;
use palan_model::{ContainerConfig, HostConfig};

use super::run_spec::{self, SharedNamespaces};
use crate::{Error, Result};

/// Least memory limit in bytes.
const MIN_MEMORY: i64 = 6 << 20;
const NANO: i64 = 1_000_000_000;
/// Shortest time of a health check in nanoseconds; 0 stands for the default.
const LEAST_HEALTH_TIME: i64 = 1_000_000;

/// Checks what can be checked without the host.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn validate(
    config: &ContainerConfig,
    host: &HostConfig,
    cpus: usize,
    cgroup_version: u8,
) -> Result<()> {
    check_config(config)?;
    check_memory(host)?;
    check_cpu(host, cpus)?;
    if host.shm_size < 0 {
        return invalid("SHM size can not be less than 0");
    }
    if !(-1000..=1000).contains(&host.oom_score_adj) {
        return invalid(format!(
            "Invalid value {}, range for oom score adj is [-1000, 1000]",
            host.oom_score_adj
        ));
    }
    if host.auto_remove && host.restart_policy.mode != RestartMode::No {
        return invalid("can't create 'AutoRemove' container with restart policy");
    }
    if !host.links.is_empty() {
        return Err(Error::NotImplemented(
            "links are not available yet: put both containers on the default bridge and use \
             addresses"
                .to_owned(),
        ));
    }
    if !matches!(host.runtime.as_str(), "" | "palan" | "runc") {
        return invalid(format!("Unknown runtime specified {}", host.runtime));
    }
    check_network(config, host)?;
    run_spec::check_log(host)?;
    run_spec::parse_security(host)?;
    SharedNamespaces::parse(host, cgroup_version)?;
    Ok(())
}

fn invalid<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::InvalidParameter(message.into()))
}

fn check_config(config: &ContainerConfig) -> Result<()> {
    if config.image.is_empty() {
        return invalid("No command specified");
    }
    let directory = &config.working_dir;
    if !directory.is_empty() && !directory.starts_with('/') {
        return invalid(format!(
            "the working directory '{directory}' is invalid, it needs to be an absolute path"
        ));
    }
    if let Some(entry) = config
        .env
        .iter()
        .find(|entry| entry.is_empty() || entry.starts_with('='))
    {
        return invalid(format!("invalid environment variable: {entry}"));
    }
    if let Some(signal) = config
        .stop_signal
        .as_ref()
        .filter(|signal| !signal.is_empty())
        && signal.parse::<palan_model::Signal>().is_err()
    {
        return invalid(format!("Invalid signal: {signal}"));
    }
    let name = &config.hostname;
    let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if name.len() > 63 || !name.bytes().all(valid) {
        return invalid(format!("invalid hostname format: {name}"));
    }
    config.healthcheck.as_ref().map_or(Ok(()), check_health)
}

fn check_health(check: &Healthcheck) -> Result<()> {
    let times = [
        ("Interval", check.interval),
        ("Timeout", check.timeout),
        ("StartPeriod", check.start_period),
        ("StartInterval", check.start_interval),
    ];
    for (name, time) in times {
        if time != 0 && time < LEAST_HEALTH_TIME {
            return invalid(format!("{name} in Healthcheck cannot be less than 1ms"));
        }
    }
    if check.retries < 0 {
        return invalid("Retries in Healthcheck cannot be negative");
    }
    Ok(())
}

fn check_memory(host: &HostConfig) -> Result<()> {
    let limits = &host.resources;
    if limits.memory > 0 && limits.memory < MIN_MEMORY {
        return invalid("Minimum memory limit allowed is 6MB");
    }
    if limits.memory > 0 && limits.memory_swap > 0 && limits.memory_swap < limits.memory {
        return invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
    }
    if limits.memory == 0 && limits.memory_swap > 0 {
        return invalid(
            "You should always set the Memory limit when using Memoryswap limit, see usage",
        );
    }
    if limits.memory_reservation > 0 && limits.memory_reservation < MIN_MEMORY {
        return invalid("Minimum memory reservation allowed is 6MB");
    }
    if limits.memory > 0 && limits.memory_reservation > limits.memory {
        return invalid(
            "Minimum memory limit can not be less than memory reservation limit, see usage",
        );
    }
    match limits.memory_swappiness {
        Some(value) if !(-1..=100).contains(&value) => invalid(format!(
            "Invalid value: {value}, valid memory swappiness range is 0-100"
        )),
        _ => Ok(()),
    }
}

fn check_cpu(host: &HostConfig, cpus: usize) -> Result<()> {
    let limits = &host.resources;
    if limits.nano_cpus > 0 && (limits.cpu_period > 0 || limits.cpu_quota > 0) {
        return invalid("Conflicting options: Nano CPUs and CPU Period/Quota cannot both be set");
    }
    let most = i64::try_from(cpus).unwrap_or(i64::MAX).saturating_mul(NANO);
    if limits.nano_cpus < 0 || limits.nano_cpus > most {
        return invalid(format!(
            "Range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available"
        ));
    }
    if limits.cpu_shares < 0 {
        return invalid(format!(
            "invalid CPU shares ({}): value must be a positive integer",
            limits.cpu_shares
        ));
    }
    if limits.cpu_period != 0 && !(1_000..=1_000_000).contains(&limits.cpu_period) {
        return invalid(
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
        );
    }
    if limits.cpu_quota > 0 && limits.cpu_quota < 1_000 {
        return invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)");
    }
    Ok(())
}

fn check_network(config: &ContainerConfig, host: &HostConfig) -> Result<()> {
    let mode = host.network_mode.as_str();
    let shared = mode == "host" || mode.starts_with("container:");
    if mode.starts_with("container:") && !host.port_bindings.is_empty() {
        return invalid("conflicting options: port publishing and the container type network mode");
    }
    if shared && !config.mac_address.is_empty() {
        return invalid("conflicting options: mac-address and the network mode");
    }
    if mode.strip_prefix("container:") == Some("") {
        return invalid("Invalid network mode: invalid container format container:<name|id>");
    }
    Ok(())
}
