//! The half of a container's configuration that belongs to the host.

use palan_docker_api::container::{HostConfig, LogConfig};

use super::{mount, narrow, port, resources, restart};
use crate::failure::Failure;

/// Reads a host configuration.
pub(super) fn from_wire(mut host: HostConfig) -> Result<palan_model::HostConfig, Failure> {
    let resources = resources::from_wire(&mut host)?;
    if host.network_mode.is_empty() {
        "default".clone_into(&mut host.network_mode);
    }
    Ok(palan_model::HostConfig {
        binds: host.binds.unwrap_or_default(),
        container_id_file: host.container_id_file,
        log: log_config(host.log_config),
        network_mode: host.network_mode,
        port_bindings: port::bindings(host.port_bindings.unwrap_or_default())?,
        restart_policy: restart::from_wire(&host.restart_policy)?,
        auto_remove: host.auto_remove,
        volume_driver: host.volume_driver,
        volumes_from: host.volumes_from.unwrap_or_default(),
        mounts: host
            .mounts
            .into_iter()
            .map(mount::from_wire)
            .collect::<Result<_, _>>()?,
        console_size: host.console_size,
        annotations: host.annotations,
        cap_add: host.cap_add.unwrap_or_default(),
        cap_drop: host.cap_drop.unwrap_or_default(),
        cgroupns_mode: host.cgroupns_mode,
        dns: host.dns.unwrap_or_default(),
        dns_options: host.dns_options.unwrap_or_default(),
        dns_search: host.dns_search.unwrap_or_default(),
        extra_hosts: host.extra_hosts.unwrap_or_default(),
        group_add: host.group_add.unwrap_or_default(),
        ipc_mode: host.ipc_mode,
        cgroup: host.cgroup,
        links: host.links.unwrap_or_default(),
        oom_score_adj: narrow("OomScoreAdj", host.oom_score_adj)?,
        pid_mode: host.pid_mode,
        privileged: host.privileged,
        publish_all_ports: host.publish_all_ports,
        readonly_rootfs: host.readonly_rootfs,
        security_opt: host.security_opt.unwrap_or_default(),
        storage_opt: host.storage_opt,
        tmpfs: host.tmpfs,
        uts_mode: host.uts_mode,
        userns_mode: host.userns_mode,
        shm_size: host.shm_size,
        sysctls: host.sysctls,
        runtime: host.runtime,
        isolation: host.isolation,
        resources,
        masked_paths: host.masked_paths,
        readonly_paths: host.readonly_paths,
        init: host.init,
    })
}

fn log_config(log: LogConfig) -> palan_model::host::LogConfig {
    palan_model::host::LogConfig {
        driver: log.driver,
        options: log.config.unwrap_or_default(),
    }
}
