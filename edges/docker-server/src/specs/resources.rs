//! Limits: fields of `HostConfig` on the wire, a struct of their own in the model.

use palan_docker_api::container::{DeviceMapping, HostConfig, Ulimit};
use palan_model::Resources;

use crate::failure::Failure;

/// Takes the limits out of a host configuration.
pub(super) fn from_wire(host: &mut HostConfig) -> Result<Resources, Failure> {
    refuse_unavailable(host)?;
    Ok(Resources {
        cpu_shares: host.cpu_shares,
        memory: host.memory,
        memory_reservation: host.memory_reservation,
        memory_swap: host.memory_swap,
        // The command line sends -1 and 0 for what was not asked.
        memory_swappiness: host.memory_swappiness.filter(|value| *value != -1),
        nano_cpus: host.nano_cpus,
        cpu_period: host.cpu_period,
        cpu_quota: host.cpu_quota,
        cpu_realtime_period: host.cpu_realtime_period,
        cpu_realtime_runtime: host.cpu_realtime_runtime,
        cpuset_cpus: std::mem::take(&mut host.cpuset_cpus),
        cpuset_mems: std::mem::take(&mut host.cpuset_mems),
        pids_limit: host.pids_limit.filter(|limit| *limit > 0),
        blkio_weight: host.blkio_weight,
        oom_kill_disable: host.oom_kill_disable,
        ulimits: host
            .ulimits
            .take()
            .unwrap_or_default()
            .into_iter()
            .map(ulimit)
            .collect(),
        devices: host
            .devices
            .take()
            .unwrap_or_default()
            .into_iter()
            .map(device)
            .collect(),
        device_cgroup_rules: host.device_cgroup_rules.take().unwrap_or_default(),
        cgroup_parent: std::mem::take(&mut host.cgroup_parent),
    })
}

/// Limits that would otherwise be silently without effect.
fn refuse_unavailable(host: &HostConfig) -> Result<(), Failure> {
    if let Some(request) = host.device_requests.iter().flatten().next() {
        let sets: Vec<_> = request
            .capabilities
            .iter()
            .flatten()
            .map(|set| format!("[{}]", set.join(" ")))
            .collect();
        return Err(Failure::bad_request(format!(
            "could not select device driver {:?} with capabilities: [{}]",
            request.driver,
            sets.join(" ")
        )));
    }
    let throttled = [
        &host.blkio_device_read_bps,
        &host.blkio_device_write_bps,
        &host.blkio_device_read_iops,
        &host.blkio_device_write_iops,
    ];
    let per_device = throttled
        .iter()
        .any(|list| list.iter().flatten().next().is_some())
        || host.blkio_weight_device.iter().flatten().next().is_some();
    if per_device {
        return Err(Failure::not_available(
            "block IO limits for single devices are",
        ));
    }
    Ok(())
}

fn ulimit(ulimit: Ulimit) -> palan_model::resources::Ulimit {
    palan_model::resources::Ulimit {
        name: ulimit.name,
        soft: ulimit.soft,
        hard: ulimit.hard,
    }
}

fn device(device: DeviceMapping) -> palan_model::resources::DeviceMapping {
    palan_model::resources::DeviceMapping {
        path_on_host: device.path_on_host,
        path_in_container: device.path_in_container,
        cgroup_permissions: device.cgroup_permissions,
    }
}
