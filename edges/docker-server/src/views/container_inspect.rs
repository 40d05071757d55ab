//! `GET /containers/{id}/json`.

use std::collections::BTreeMap;
use std::path::Path;

use palan_docker_api::container::{
    ContainerInspect, ContainerState, GraphDriver, Health, HealthcheckResult,
};
use palan_docker_api::time::rfc3339_nano;
use palan_engine::containers::ContainerView;
use palan_model::container::Phase;

use super::{Viewer, config, host_config, mount_point, network_settings, null_if_empty, wide};

/// Docker's name for what holds our root file systems.
pub(super) const STORAGE_DRIVER: &str = "overlay2";

/// Writes everything about a container.
pub(crate) fn container_inspect(viewer: &Viewer<'_>, view: &ContainerView) -> ContainerInspect {
    let record = &view.record;
    let exec_ids: Vec<_> = view.exec_ids.iter().map(ToString::to_string).collect();
    // The files are written at the first start.
    let file = |name: &str| match record.state.started_at {
        Some(_) => text(&view.files.join(name)),
        None => String::new(),
    };
    ContainerInspect {
        id: record.id.to_string(),
        created: rfc3339_nano(Some(record.created)),
        path: record.path.clone(),
        args: record.args.clone(),
        state: state(view),
        image: record.image.to_string(),
        resolv_conf_path: file("resolv.conf"),
        hostname_path: file("hostname"),
        hosts_path: file("hosts"),
        log_path: text(&view.log_path),
        name: format!("/{}", record.name),
        restart_count: i64::from(record.state.restart_count),
        driver: STORAGE_DRIVER.to_owned(),
        platform: "linux".to_owned(),
        mount_label: String::new(),
        process_label: String::new(),
        app_armor_profile: String::new(),
        exec_ids: null_if_empty(&exec_ids),
        host_config: host_config::to_wire(viewer, &record.host),
        graph_driver: graph_driver(view),
        size_rw: view.size.map(|(writable, _)| wide(writable)),
        size_root_fs: view.size.map(|(_, all)| wide(all)),
        mounts: record.mounts.iter().map(mount_point::to_wire).collect(),
        config: config::to_wire(&record.config),
        network_settings: network_settings::to_wire(viewer, view),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn state(view: &ContainerView) -> ContainerState {
    let state = &view.record.state;
    let phase = state.phase;
    ContainerState {
        status: phase.as_str().to_owned(),
        running: phase.is_alive() || phase == Phase::Restarting,
        paused: phase == Phase::Paused,
        restarting: phase == Phase::Restarting,
        oom_killed: state.oom_killed,
        dead: phase == Phase::Dead,
        pid: i64::from(state.pid),
        exit_code: i64::from(state.exit_code),
        error: state.error.clone(),
        started_at: rfc3339_nano(state.started_at),
        finished_at: rfc3339_nano(state.finished_at),
        health: view.health.as_deref().map(health),
    }
}

fn health(health: &palan_engine::containers::Health) -> Health {
    let log = health.log.iter().map(|result| HealthcheckResult {
        start: rfc3339_nano(Some(result.start)),
        end: rfc3339_nano(Some(result.end)),
        exit_code: i64::from(result.exit_code),
        output: result.output.clone(),
    });
    Health {
        status: health.status.as_str().to_owned(),
        failing_streak: health.failing_streak,
        log: Some(log.collect()),
    }
}

/// The directories of the overlay. It is mounted in the container's own mount namespace only, so
/// there is no merged directory to show.
fn graph_driver(view: &ContainerView) -> GraphDriver {
    let lower: Vec<_> = view.layers.iter().rev().map(|path| text(path)).collect();
    GraphDriver {
        data: Some(BTreeMap::from([("LowerDir".to_owned(), lower.join(":"))])),
        name: STORAGE_DRIVER.to_owned(),
    }
}
