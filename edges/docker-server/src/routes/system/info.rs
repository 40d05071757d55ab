//! `GET /info`.

use std::collections::BTreeMap;

use http::StatusCode;
use palan_docker_api::system::{
    Commit, IndexInfo, PluginsInfo, RegistryConfig, RuntimeInfo, SwarmInfo, SystemInfo,
};
use palan_docker_api::time::rfc3339_nano;
use palan_engine::EngineConfig;

use crate::DOCKER_VERSION;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, wide};

pub(in crate::routes) fn call(call: &Call) -> Answer {
    let viewer = Viewer::new(call.version, &call.engine);
    let info = call.engine.system.info();
    let config = viewer.config;
    let mut wire = SystemInfo {
        id: info.id,
        containers: wide(info.running + info.paused + info.stopped),
        containers_running: wide(info.running),
        containers_paused: wide(info.paused),
        containers_stopped: wide(info.stopped),
        images: wide(info.images),
        system_time: rfc3339_nano(Some(viewer.now)),
        docker_root_dir: config.data_root.to_string_lossy().into_owned(),
        labels: config.labels.clone(),
        ..engine_facts(&viewer)
    };
    add_host_facts(&mut wire, config);
    add_old_fields(&mut wire, &viewer);
    json(StatusCode::OK, &wire).into()
}

fn list(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

/// What is the same on every host.
fn engine_facts(viewer: &Viewer<'_>) -> SystemInfo {
    let runtime = RuntimeInfo {
        path: "palan-runner".to_owned(),
        ..RuntimeInfo::default()
    };
    SystemInfo {
        driver: "overlay2".to_owned(),
        plugins: PluginsInfo {
            volume: list(&["local"]),
            network: list(&["bridge", "host", "null"]),
            authorization: None,
            log: list(&["json-file", "none"]),
        },
        logging_driver: "json-file".to_owned(),
        cgroup_driver: "cgroupfs".to_owned(),
        os_type: "linux".to_owned(),
        index_server_address: "https://index.docker.io/v1/".to_owned(),
        registry_config: Some(registry_config(viewer)),
        server_version: DOCKER_VERSION.to_owned(),
        runtimes: BTreeMap::from([("runc".to_owned(), runtime)]),
        default_runtime: "runc".to_owned(),
        swarm: SwarmInfo {
            local_node_state: "inactive".to_owned(),
            ..SwarmInfo::default()
        },
        // A container outlives the engine, always.
        live_restore_enabled: true,
        init_binary: "palan-runner".to_owned(),
        containerd_commit: commit(viewer),
        runc_commit: commit(viewer),
        init_commit: commit(viewer),
        security_options: list(&["name=seccomp,profile=builtin"]).unwrap_or_default(),
        cdi_spec_dirs: viewer.since(44).then(Vec::new),
        ..SystemInfo::default()
    }
}

/// Parts that do not exist here have no commit.
fn commit(viewer: &Viewer<'_>) -> Commit {
    Commit {
        id: String::new(),
        expected: (!viewer.since(49)).then(String::new),
    }
}

fn registry_config(viewer: &Viewer<'_>) -> RegistryConfig {
    let hub = IndexInfo {
        name: "docker.io".to_owned(),
        mirrors: Vec::new(),
        secure: true,
        official: true,
    };
    RegistryConfig {
        allow_nondistributable_artifacts_cidrs: (!viewer.since(49)).then(Vec::new),
        allow_nondistributable_artifacts_hostnames: (!viewer.since(49)).then(Vec::new),
        insecure_registry_cidrs: vec!["::1/128".to_owned(), "127.0.0.0/8".to_owned()],
        index_configs: BTreeMap::from([("docker.io".to_owned(), hub)]),
        mirrors: Some(Vec::new()),
    }
}

fn add_host_facts(wire: &mut SystemInfo, config: &EngineConfig) {
    let host = &config.host;
    let pair = |name: &str, value: &str| [name.to_owned(), value.to_owned()];
    wire.driver_status = Some(vec![
        pair("Backing Filesystem", &host.backing_filesystem),
        pair("Supports d_type", "true"),
        pair("Native Overlay Diff", "true"),
        pair("userxattr", "false"),
    ]);
    wire.memory_limit = host.limits.memory;
    wire.swap_limit = host.limits.swap;
    wire.cpu_cfs_period = host.limits.cpu_quota;
    wire.cpu_cfs_quota = host.limits.cpu_quota;
    wire.cpu_shares = host.limits.cpu_shares;
    wire.cpu_set = host.limits.cpuset;
    wire.pids_limit = host.limits.pids;
    wire.ipv4_forwarding = host.limits.ipv4_forwarding;
    wire.oom_kill_disable = host.cgroup_version == 1 && host.limits.memory;
    wire.cgroup_version = host.cgroup_version.to_string();
    wire.kernel_version.clone_from(&host.kernel);
    wire.operating_system.clone_from(&host.operating_system);
    wire.os_version.clone_from(&host.os_version);
    wire.architecture.clone_from(&host.machine);
    wire.n_cpu = wide(host.cpus);
    wire.mem_total = wide(host.memory);
    wire.name.clone_from(&host.name);
}

/// Published ports are not programmed with iptables, so bridged traffic never passes it.
fn add_old_fields(wire: &mut SystemInfo, viewer: &Viewer<'_>) {
    if !viewer.since(50) {
        wire.bridge_nf_iptables = Some(true);
        wire.bridge_nf_ip6tables = Some(true);
    }
}
