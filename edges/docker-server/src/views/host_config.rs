//! The half of a container's configuration that belongs to the host.
//!
//! Whether a client sent `null` or an empty list is not kept; the lists that Docker's command line
//! always sends are shown as empty lists, the others as `null`.

use std::collections::BTreeMap;

use palan_docker_api::container::{
    BindOptions, HostConfig, LogConfig, Mount, PortBinding, PortMap, RestartPolicy, TmpfsOptions,
    VolumeDriver, VolumeOptions,
};
use palan_model::host::RestartMode;
use palan_model::mount::{MountSource, MountSpec, Propagation};

use super::{Viewer, mount_point, null_if_empty, resources, wide};

/// Size of `/dev/shm` in bytes when the client did not say.
const DEFAULT_SHM: i64 = 64 << 20;

/// Writes a host configuration.
pub(super) fn to_wire(viewer: &Viewer<'_>, host: &palan_model::HostConfig) -> HostConfig {
    let cgroupns = if viewer.config.host.cgroup_version == 2 {
        "private"
    } else {
        "host"
    };
    let mut wire = HostConfig {
        binds: null_if_empty(&host.binds),
        container_id_file: host.container_id_file.clone(),
        log_config: LogConfig {
            driver: or(&host.log.driver, "json-file"),
            config: Some(host.log.options.clone()),
        },
        network_mode: network_mode(viewer, &host.network_mode),
        port_bindings: Some(port_bindings(host)),
        restart_policy: restart_policy(&host.restart_policy),
        auto_remove: host.auto_remove,
        volume_driver: host.volume_driver.clone(),
        volumes_from: null_if_empty(&host.volumes_from),
        console_size: host.console_size,
        annotations: host.annotations.clone(),
        cap_add: null_if_empty(&host.cap_add),
        cap_drop: null_if_empty(&host.cap_drop),
        cgroupns_mode: or(&host.cgroupns_mode, cgroupns),
        dns: Some(host.dns.clone()),
        dns_options: Some(host.dns_options.clone()),
        dns_search: Some(host.dns_search.clone()),
        extra_hosts: null_if_empty(&host.extra_hosts),
        group_add: null_if_empty(&host.group_add),
        ipc_mode: or(&host.ipc_mode, "private"),
        cgroup: host.cgroup.clone(),
        links: null_if_empty(&host.links),
        oom_score_adj: i64::from(host.oom_score_adj),
        pid_mode: host.pid_mode.clone(),
        privileged: host.privileged,
        publish_all_ports: host.publish_all_ports,
        readonly_rootfs: host.readonly_rootfs,
        security_opt: null_if_empty(&host.security_opt),
        storage_opt: host.storage_opt.clone(),
        tmpfs: host.tmpfs.clone(),
        uts_mode: host.uts_mode.clone(),
        userns_mode: host.userns_mode.clone(),
        shm_size: if host.shm_size == 0 {
            DEFAULT_SHM
        } else {
            host.shm_size
        },
        sysctls: host.sysctls.clone(),
        runtime: or(&host.runtime, "runc"),
        isolation: host.isolation.clone(),
        mounts: host.mounts.iter().map(mount).collect(),
        masked_paths: host.masked_paths.clone(),
        readonly_paths: host.readonly_paths.clone(),
        init: host.init,
        ..HostConfig::default()
    };
    resources::fill(viewer, &mut wire, &host.resources);
    wire
}

fn or(text: &str, default: &str) -> String {
    if text.is_empty() {
        default.to_owned()
    } else {
        text.to_owned()
    }
}

/// Since 1.44 the default network is shown by its name.
pub(super) fn network_mode(viewer: &Viewer<'_>, mode: &str) -> String {
    match mode {
        "" | "default" if viewer.since(44) => "bridge".to_owned(),
        "" => "default".to_owned(),
        mode => mode.to_owned(),
    }
}

fn port_bindings(host: &palan_model::HostConfig) -> PortMap {
    let wire = |binding: &palan_model::port::PortBinding| PortBinding {
        host_ip: binding
            .host_ip
            .map(|address| address.to_string())
            .unwrap_or_default(),
        host_port: match (binding.host_port, binding.host_port_end) {
            (None, _) => String::new(),
            (Some(port), None) => port.to_string(),
            (Some(first), Some(last)) => format!("{first}-{last}"),
        },
    };
    host.port_bindings
        .iter()
        .map(|(port, bindings)| (port.to_string(), Some(bindings.iter().map(wire).collect())))
        .collect()
}

fn restart_policy(policy: &palan_model::host::RestartPolicy) -> RestartPolicy {
    RestartPolicy {
        name: match policy.mode {
            RestartMode::No => "no",
            RestartMode::Always => "always",
            RestartMode::OnFailure => "on-failure",
            RestartMode::UnlessStopped => "unless-stopped",
        }
        .to_owned(),
        maximum_retry_count: i64::from(policy.maximum_retry_count),
    }
}

fn mount(mount: &MountSpec) -> Mount {
    let wire = Mount {
        target: mount.target.clone(),
        read_only: mount.read_only,
        ..Mount::default()
    };
    match &mount.source {
        MountSource::Bind {
            path,
            propagation,
            non_recursive,
            create_host_path,
        } => Mount {
            kind: "bind".to_owned(),
            source: path.to_string_lossy().into_owned(),
            bind_options: bind_options(*propagation, *non_recursive, *create_host_path),
            ..wire
        },
        MountSource::Volume {
            name,
            driver,
            options,
            labels,
            no_copy,
        } => Mount {
            kind: "volume".to_owned(),
            source: name.clone().unwrap_or_default(),
            volume_options: volume_options(driver.as_deref(), options, labels, *no_copy),
            ..wire
        },
        MountSource::Tmpfs { size, mode } => Mount {
            kind: "tmpfs".to_owned(),
            tmpfs_options: (size.is_some() || mode.is_some()).then(|| TmpfsOptions {
                size_bytes: wide(size.unwrap_or_default()),
                mode: mode.unwrap_or_default(),
                options: Vec::new(),
            }),
            ..wire
        },
    }
}

fn bind_options(
    propagation: Propagation,
    non_recursive: bool,
    create_mountpoint: bool,
) -> Option<BindOptions> {
    let propagation = match propagation {
        Propagation::Rprivate => String::new(),
        other => mount_point::propagation_name(other).to_owned(),
    };
    let options = BindOptions {
        propagation,
        non_recursive,
        create_mountpoint,
        ..BindOptions::default()
    };
    (options != BindOptions::default()).then_some(options)
}

fn volume_options(
    driver: Option<&str>,
    options: &BTreeMap<String, String>,
    labels: &BTreeMap<String, String>,
    no_copy: bool,
) -> Option<VolumeOptions> {
    let driver_config = VolumeDriver {
        name: driver.unwrap_or_default().to_owned(),
        options: options.clone(),
    };
    let options = VolumeOptions {
        no_copy,
        labels: labels.clone(),
        driver_config: (driver_config != VolumeDriver::default()).then_some(driver_config),
        ..VolumeOptions::default()
    };
    (options != VolumeOptions::default()).then_some(options)
}
