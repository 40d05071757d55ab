//! From flags to a create request. Pure but for the files that flags name.

use std::collections::BTreeMap;

use palan_docker_api::container::{
    ContainerConfig, ContainerCreateRequest, HostConfig, LogConfig, ThrottleDevice,
};
use palan_docker_api::network::NetworkingConfig;

use super::options::ContainerFlags;
use crate::cli::spec::health::HealthFlags;
use crate::cli::spec::network::Attachment;
use crate::cli::spec::{
    device, health, key_value, namespace, network, port, restart, security, validate, volume,
};

/// The request for a container of this image.
///
/// # Errors
/// When flags are not valid together, in Docker's words.
pub fn plan_request(
    flags: &ContainerFlags,
    image: &str,
    arguments: &[String],
) -> Result<ContainerCreateRequest, String> {
    check(flags)?;
    let ports = port::parse(&flags.publish, &flags.expose)?;
    let directory = std::env::current_dir().unwrap_or_default();
    let volumes = volume::parse(&flags.volumes, &directory)?;
    let shared = shared_attachment(flags);
    let endpoints = network::endpoints(&flags.networks, &shared)?;
    let mut config = config(flags, image, arguments)?;
    config.exposed_ports = ports.exposed;
    config.volumes = Some(volumes.anonymous);
    let mode = flags.networks.mode();
    if let Some(Some(endpoint)) = endpoints.get(mode) {
        // Engines before API 1.44 read the address here.
        config.mac_address.clone_from(&endpoint.mac_address);
    }
    let mut host = host_config(flags)?;
    host.binds = (!volumes.binds.is_empty()).then_some(volumes.binds);
    host.port_bindings = Some(ports.bindings);
    mode.clone_into(&mut host.network_mode);
    apply_resources(&mut host, flags)?;
    Ok(ContainerCreateRequest {
        config,
        host_config: Some(host),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(endpoints),
        }),
    })
}

fn check(flags: &ContainerFlags) -> Result<(), String> {
    if !flags.mac_address.is_empty() && !validate::is_mac_address(&flags.mac_address) {
        return Err(format!("{} is not a valid mac address", flags.mac_address));
    }
    let swappiness = flags.memory_swappiness;
    if !(-1..=100).contains(&swappiness) {
        return Err(format!(
            "invalid value: {swappiness}. Valid memory swappiness range is 0-100"
        ));
    }
    namespace::check(&flags.pid, &flags.uts, &flags.userns, &flags.cgroupns)?;
    let restart = restart::parse(&flags.restart)?;
    if flags.rm && !matches!(restart.name.as_str(), "" | "no") {
        return Err("conflicting options: cannot specify both --restart and --rm".to_owned());
    }
    Ok(())
}

fn config(
    flags: &ContainerFlags,
    image: &str,
    arguments: &[String],
) -> Result<ContainerConfig, String> {
    let attached = |name: &str| flags.attach.0.iter().any(|stream| stream == name);
    let all_output = flags.attach.0.is_empty();
    let attach_stdin = attached("stdin") || flags.interactive;
    let env = key_value::read_all(&flags.env_file, &flags.env.0, key_value::from_environment)?;
    let labels = key_value::read_all(&flags.label_files, &flags.labels.0, key_value::nowhere)?;
    Ok(ContainerConfig {
        hostname: flags.hostname.clone(),
        domainname: flags.domainname.clone(),
        user: flags.user.clone(),
        attach_stdin,
        attach_stdout: attached("stdout") || all_output,
        attach_stderr: attached("stderr") || all_output,
        tty: flags.tty,
        open_stdin: flags.interactive,
        // Without a client nobody would write any more.
        stdin_once: flags.interactive && attach_stdin,
        env: some(&env),
        cmd: (!arguments.is_empty()).then(|| arguments.to_vec()),
        // An empty entrypoint takes the image's away.
        entrypoint: flags.entrypoint.clone().map(|program| vec![program]),
        healthcheck: health::config(&health_flags(flags))?,
        image: image.to_owned(),
        working_dir: flags.workdir.clone(),
        mac_address: flags.mac_address.clone(),
        labels: Some(key_value::to_map(&labels)),
        stop_signal: flags.stop_signal.clone(),
        stop_timeout: flags.stop_timeout,
        ..ContainerConfig::default()
    })
}

fn health_flags(flags: &ContainerFlags) -> HealthFlags {
    HealthFlags {
        disabled: flags.no_healthcheck,
        command: flags.health_cmd.clone(),
        interval: flags.health_interval.0,
        timeout: flags.health_timeout.0,
        start_period: flags.health_start_period.0,
        start_interval: flags.health_start_interval.0,
        retries: flags.health_retries,
    }
}

fn shared_attachment(flags: &ContainerFlags) -> Attachment {
    Attachment {
        aliases: flags.network_alias.clone(),
        links: flags.links.0.clone(),
        ipv4: flags.ip.clone(),
        ipv6: flags.ip6.clone(),
        link_local: flags.link_local_ip.clone(),
        mac: flags.mac_address.clone(),
        ..Attachment::default()
    }
}

fn host_config(flags: &ContainerFlags) -> Result<HostConfig, String> {
    let security = security::parse(&flags.security_opt)?;
    let no_paths = security.unconfined_paths.then(Vec::new);
    let tmpfs = flags
        .tmpfs
        .iter()
        .map(|text| text.split_once(':').unwrap_or((text, "")));
    let tmpfs = tmpfs.map(|(path, options)| (path.to_owned(), options.to_owned()));
    Ok(HostConfig {
        container_id_file: flags.cidfile.clone(),
        log_config: log_config(flags)?,
        restart_policy: restart::parse(&flags.restart)?,
        auto_remove: flags.rm,
        volume_driver: flags.volume_driver.clone(),
        volumes_from: some(&flags.volumes_from),
        annotations: flags.annotations.0.clone(),
        cap_add: some(&capabilities(&flags.cap_add)),
        cap_drop: some(&capabilities(&flags.cap_drop)),
        cgroupns_mode: flags.cgroupns.clone(),
        // Docker's client never sends null here.
        dns: Some(flags.dns.0.clone()),
        dns_options: Some(flags.dns_option.clone()),
        dns_search: Some(flags.dns_search.0.clone()),
        extra_hosts: some(&flags.add_host.0),
        group_add: some(&flags.group_add),
        ipc_mode: flags.ipc.clone(),
        links: some(&flags.links.0),
        oom_score_adj: flags.oom_score_adj,
        pid_mode: flags.pid.clone(),
        privileged: flags.privileged,
        publish_all_ports: flags.publish_all,
        readonly_rootfs: flags.read_only,
        security_opt: some(&security.options),
        storage_opt: storage_options(flags)?,
        tmpfs: tmpfs.collect(),
        uts_mode: flags.uts.clone(),
        userns_mode: flags.userns.clone(),
        shm_size: flags.shm_size.0,
        sysctls: flags.sysctls.0.clone(),
        runtime: flags.runtime.clone(),
        isolation: flags.isolation.clone(),
        mounts: flags.mounts.0.clone(),
        masked_paths: no_paths.clone(),
        readonly_paths: no_paths,
        init: flags.init,
        ..HostConfig::default()
    })
}

/// Names of capabilities as the kernel writes them, sorted, each once.
fn capabilities(names: &[String]) -> Vec<String> {
    let mut full: Vec<String> = names
        .iter()
        .map(|name| name.trim().to_uppercase())
        .filter(|name| !name.is_empty())
        .map(|name| match name.as_str() {
            "ALL" => name,
            _ if name.starts_with("CAP_") => name,
            _ => format!("CAP_{name}"),
        })
        .collect();
    full.sort_unstable();
    full.dedup();
    full
}

fn log_config(flags: &ContainerFlags) -> Result<LogConfig, String> {
    if flags.log_driver == "none" && !flags.log_opt.is_empty() {
        return Err("invalid logging opts for driver none".to_owned());
    }
    Ok(LogConfig {
        driver: flags.log_driver.clone(),
        config: Some(key_value::to_map(&flags.log_opt)),
    })
}

fn storage_options(flags: &ContainerFlags) -> Result<BTreeMap<String, String>, String> {
    if flags.storage_opt.iter().any(|option| !option.contains('=')) {
        return Err("invalid storage option".to_owned());
    }
    Ok(key_value::to_map(&flags.storage_opt))
}

fn apply_resources(host: &mut HostConfig, flags: &ContainerFlags) -> Result<(), String> {
    let devices = device::parse(&flags.devices)?;
    let mut requests = flags.gpus.0.clone();
    requests.extend(devices.requests);
    let rates = |list: &[ThrottleDevice]| Some(list.to_vec());
    host.cgroup_parent.clone_from(&flags.cgroup_parent);
    host.memory = flags.memory.0;
    host.memory_reservation = flags.memory_reservation.0;
    host.memory_swap = flags.memory_swap.0;
    host.memory_swappiness = Some(flags.memory_swappiness);
    host.kernel_memory = (flags.kernel_memory.0 != 0).then_some(flags.kernel_memory.0);
    host.oom_kill_disable = Some(flags.oom_kill_disable);
    host.nano_cpus = flags.cpus.0;
    host.cpu_count = flags.cpu_count;
    host.cpu_percent = flags.cpu_percent;
    host.cpu_shares = flags.cpu_shares;
    host.cpu_period = flags.cpu_period;
    host.cpu_quota = flags.cpu_quota;
    host.cpu_realtime_period = flags.cpu_rt_period;
    host.cpu_realtime_runtime = flags.cpu_rt_runtime;
    host.cpuset_cpus.clone_from(&flags.cpuset_cpus);
    host.cpuset_mems.clone_from(&flags.cpuset_mems);
    host.pids_limit = Some(flags.pids_limit);
    host.blkio_weight = flags.blkio_weight;
    host.blkio_weight_device = Some(flags.blkio_weight_device.0.clone());
    host.blkio_device_read_bps = rates(&flags.device_read_bps.0);
    host.blkio_device_write_bps = rates(&flags.device_write_bps.0);
    host.blkio_device_read_iops = rates(&flags.device_read_iops.0);
    host.blkio_device_write_iops = rates(&flags.device_write_iops.0);
    host.io_maximum_iops = flags.io_maxiops;
    host.io_maximum_bandwidth = u64::try_from(flags.io_maxbandwidth.0).unwrap_or(0);
    host.ulimits = Some(flags.ulimits.to_list());
    host.device_cgroup_rules = some(&flags.device_cgroup_rules.0);
    host.devices = Some(devices.mappings);
    host.device_requests = (!requests.is_empty()).then_some(requests);
    Ok(())
}

fn some(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}
