//! `GET /containers/json`.

use palan_docker_api::container::{ContainerSummary, SummaryHostConfig, SummaryNetworkSettings};
use palan_engine::containers::{ContainerView, HealthStatus};
use palan_model::container::Phase;
use palan_model::{ContainerRecord, Timestamp};

use super::{Viewer, duration, endpoint, host_config, mount_point, network_settings, wide};

/// Writes one container of a list.
pub(crate) fn container_summary(viewer: &Viewer<'_>, view: &ContainerView) -> ContainerSummary {
    let record = &view.record;
    let (size_rw, size_root_fs) = view.size.unwrap_or_default();
    ContainerSummary {
        id: record.id.to_string(),
        names: vec![format!("/{}", record.name)],
        image: view.image_name.clone(),
        image_id: record.image.to_string(),
        command: command(record),
        created: record.created.as_second(),
        ports: network_settings::port_summaries(record),
        size_rw: wide(size_rw),
        size_root_fs: wide(size_root_fs),
        labels: record.config.labels.clone(),
        state: record.state.phase.as_str().to_owned(),
        status: status(view, viewer.now),
        host_config: SummaryHostConfig {
            network_mode: host_config::network_mode(viewer, &record.host.network_mode),
            annotations: if viewer.since(46) {
                record.host.annotations.clone()
            } else {
                Default::default()
            },
        },
        network_settings: SummaryNetworkSettings {
            networks: endpoint::all(viewer, view),
        },
        mounts: record.mounts.iter().map(mount_point::to_wire).collect(),
    }
}

/// Program and arguments; those with blanks in quotes.
fn command(record: &ContainerRecord) -> String {
    let mut command = record.path.clone();
    for argument in &record.args {
        command.push(' ');
        if argument.contains(' ') {
            command.push_str(&format!("'{argument}'"));
        } else {
            command.push_str(argument);
        }
    }
    command
}

/// The state for people, for example `Exited (0) 2 minutes ago`.
fn status(view: &ContainerView, now: Timestamp) -> String {
    let state = &view.record.state;
    let since = |time: Option<Timestamp>| {
        duration::human(time.map_or(0, |time| now.duration_since(time).as_secs()))
    };
    match state.phase {
        Phase::Running => match view.health.as_ref().map(|health| health.status) {
            None => format!("Up {}", since(state.started_at)),
            Some(HealthStatus::Starting) => {
                format!("Up {} (health: starting)", since(state.started_at))
            }
            Some(health) => format!("Up {} ({})", since(state.started_at), health.as_str()),
        },
        Phase::Paused => format!("Up {} (Paused)", since(state.started_at)),
        Phase::Restarting => {
            format!(
                "Restarting ({}) {} ago",
                state.exit_code,
                since(state.finished_at)
            )
        }
        Phase::Removing => "Removal In Progress".to_owned(),
        Phase::Dead => "Dead".to_owned(),
        Phase::Created | Phase::Exited if state.started_at.is_none() => "Created".to_owned(),
        Phase::Created | Phase::Exited => {
            format!(
                "Exited ({}) {} ago",
                state.exit_code,
                since(state.finished_at)
            )
        }
    }
}
