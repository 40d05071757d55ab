//! Limits, among the other fields of `HostConfig`.

use palan_docker_api::container::{DeviceMapping, HostConfig, Ulimit};
use palan_model::Resources;

use super::{Viewer, null_if_empty};

/// Sets the limits of a host configuration.
pub(super) fn fill(viewer: &Viewer<'_>, wire: &mut HostConfig, resources: &Resources) {
    wire.cpu_shares = resources.cpu_shares;
    wire.memory = resources.memory;
    wire.nano_cpus = resources.nano_cpus;
    wire.cgroup_parent.clone_from(&resources.cgroup_parent);
    wire.blkio_weight = resources.blkio_weight;
    wire.blkio_weight_device = Some(Vec::new());
    wire.blkio_device_read_bps = Some(Vec::new());
    wire.blkio_device_write_bps = Some(Vec::new());
    wire.blkio_device_read_iops = Some(Vec::new());
    wire.blkio_device_write_iops = Some(Vec::new());
    wire.cpu_period = resources.cpu_period;
    wire.cpu_quota = resources.cpu_quota;
    wire.cpu_realtime_period = resources.cpu_realtime_period;
    wire.cpu_realtime_runtime = resources.cpu_realtime_runtime;
    wire.cpuset_cpus.clone_from(&resources.cpuset_cpus);
    wire.cpuset_mems.clone_from(&resources.cpuset_mems);
    wire.devices = Some(resources.devices.iter().map(device).collect());
    wire.device_cgroup_rules = null_if_empty(&resources.device_cgroup_rules);
    if !viewer.since(42) {
        wire.kernel_memory = Some(0);
        wire.kernel_memory_tcp = Some(0);
    }
    wire.memory_reservation = resources.memory_reservation;
    wire.memory_swap = resources.memory_swap;
    wire.memory_swappiness = resources.memory_swappiness;
    // Only cgroup v1 can disable the OOM killer, so only there it is known not to be disabled.
    let can_disable = viewer.config.host.cgroup_version == 1;
    wire.oom_kill_disable = resources.oom_kill_disable.or(can_disable.then_some(false));
    wire.pids_limit = resources.pids_limit;
    wire.ulimits = Some(resources.ulimits.iter().map(ulimit).collect());
}

fn device(device: &palan_model::resources::DeviceMapping) -> DeviceMapping {
    DeviceMapping {
        path_on_host: device.path_on_host.clone(),
        path_in_container: device.path_in_container.clone(),
        cgroup_permissions: device.cgroup_permissions.clone(),
    }
}

fn ulimit(ulimit: &palan_model::resources::Ulimit) -> Ulimit {
    Ulimit {
        name: ulimit.name.clone(),
        hard: ulimit.hard,
        soft: ulimit.soft,
    }
}
