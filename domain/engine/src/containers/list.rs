//! Listing containers.

use palan_model::ContainerRecord;
use palan_model::port::Protocol;

use super::inspect::ContainerView;
use super::{Containers, Handle};
use crate::filter::{self, Filters};
use crate::{Error, Result};

const FILTERS: [&str; 15] = [
    "ancestor",
    "before",
    "exited",
    "expose",
    "health",
    "id",
    "is-task",
    "isolation",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume",
];

const STATUSES: [&str; 7] = [
    "created",
    "running",
    "paused",
    "restarting",
    "removing",
    "exited",
    "dead",
];

const HEALTH: [&str; 4] = ["none", "starting", "healthy", "unhealthy"];

/// Which containers to list.
#[derive(Clone, Debug, Default)]
pub struct ContainerQuery {
    /// Also those that do not run.
    pub all: bool,
    /// Only the newest; implies `all`.
    pub limit: Option<usize>,
    /// Count sizes.
    pub size: bool,
    /// Docker's filters.
    pub filters: Filters,
}

impl Containers {
    /// Containers that match, newest first.
    ///
    /// # Errors
    /// Unknown filters and values.
    pub async fn list(&self, query: &ContainerQuery) -> Result<Vec<ContainerView>> {
        let filters = &query.filters;
        filter::check_names(filters, &FILTERS)?;
        check_values(filters)?;
        let mut handles: Vec<Handle> = self.shared().index().handles().cloned().collect();
        handles.sort_by_key(|handle| std::cmp::Reverse(handle.record().created));
        let handles = self.between(handles, filters)?;
        // These filters look beyond running containers by themselves, as in Docker.
        let all = query.all
            || query.limit.is_some()
            || ["status", "exited", "before", "since"]
                .iter()
                .any(|f| filters.contains_key(*f));
        let mut views = vec![];
        for handle in handles {
            let record = handle.record();
            let shown = all || record.state.phase.is_alive() || restarting(&record);
            if shown && self.matches(&record, filters) && has_health(&handle, filters) {
                views.push(self.view(&handle, query.size).await?);
            }
            if query.limit.is_some_and(|limit| views.len() >= limit) {
                break;
            }
        }
        Ok(views)
    }

    /// Without those newer than `before` or older than `since`, themselves included.
    fn between(&self, handles: Vec<Handle>, filters: &Filters) -> Result<Vec<Handle>> {
        let bound = |name: &str| {
            let value = filters.get(name).and_then(|values| values.first());
            value
                .map(|value| {
                    self.find(value)
                        .map(|handle| handle.record().created)
                        .map_err(|_| Error::NotFound(format!("no such container {value}")))
                })
                .transpose()
        };
        let (before, since) = (bound("before")?, bound("since")?);
        Ok(handles
            .into_iter()
            .filter(|handle| before.is_none_or(|bound| handle.record().created < bound))
            .filter(|handle| since.is_none_or(|bound| handle.record().created > bound))
            .collect())
    }

    fn matches(&self, record: &ContainerRecord, filters: &Filters) -> bool {
        let state = &record.state;
        filter::any(filters, "id", |value| fits(value, record.id.as_str()))
            && filter::any(filters, "name", |value| named(record, value))
            && filter::any(filters, "status", |value| value == state.phase.as_str())
            && filter::any(filters, "exited", |value| {
                value.parse() == Ok(state.exit_code)
                    && !state.phase.is_alive()
                    && state.started_at.is_some()
            })
            && filter::any(filters, "ancestor", |value| self.descends(record, value))
            && filter::any(filters, "network", |value| on_network(record, value))
            && filter::any(filters, "volume", |value| mounts(record, value))
            && filter::any(filters, "publish", |value| publishes(record, value))
            && filter::any(filters, "expose", |value| {
                let ports = record.config.exposed_ports.iter();
                in_range(value, ports.map(|port| (port.number, port.protocol)))
            })
            && filter::any(filters, "is-task", |value| matches!(value, "false" | "0"))
            && filter::labels(filters, &record.config.labels)
    }

    fn descends(&self, record: &ContainerRecord, image: &str) -> bool {
        record.config.image == image
            || self.shared().images.find(image).is_ok_and(|found| {
                let layers: Vec<_> = found.layers.iter().map(|layer| &layer.chain_id).collect();
                found.id == record.image
                    || (!layers.is_empty()
                        && record
                            .layers
                            .iter()
                            .take(layers.len())
                            .eq(layers.iter().copied()))
            })
    }
}

fn check_values(filters: &Filters) -> Result<()> {
    for status in filters.get("status").into_iter().flatten() {
        if !STATUSES.contains(&status.as_str()) {
            return Err(Error::InvalidParameter(format!(
                "Invalid filter 'status={status}'"
            )));
        }
    }
    for health in filters.get("health").into_iter().flatten() {
        if !HEALTH.contains(&health.as_str()) {
            return Err(Error::InvalidParameter(format!(
                "Unrecognised filter value for health: {health}"
            )));
        }
    }
    for code in filters.get("exited").into_iter().flatten() {
        if code.parse::<i32>().is_err() {
            return Err(Error::InvalidParameter(format!(
                "strconv.Atoi: parsing \"{code}\": invalid syntax"
            )));
        }
    }
    Ok(())
}

/// `none` is the health of what has no check or never ran.
fn has_health(handle: &Handle, filters: &Filters) -> bool {
    let health = handle.status.borrow().health.clone();
    let status = health.map_or("none", |health| health.status.as_str());
    filter::any(filters, "health", |value| value == status)
}

fn restarting(record: &ContainerRecord) -> bool {
    record.state.phase == super::Phase::Restarting
}

/// On the name with and without its slash.
pub(super) fn named(record: &ContainerRecord, value: &str) -> bool {
    let name = record.name.as_str();
    fits(value, name) || fits(value, &format!("/{name}"))
}

/// Docker takes the value for a regular expression.
fn fits(value: &str, text: &str) -> bool {
    match regex_lite::Regex::new(value) {
        Ok(pattern) => pattern.is_match(text),
        Err(_) => text.contains(value),
    }
}

fn on_network(record: &ContainerRecord, value: &str) -> bool {
    record.host.network_mode == value
        || record.networks.iter().any(|(name, endpoint)| {
            name == value
                || endpoint
                    .network
                    .as_ref()
                    .is_some_and(|id| id.as_str().starts_with(value))
        })
}

fn mounts(record: &ContainerRecord, value: &str) -> bool {
    record.mounts.iter().any(|point| {
        point.name.as_deref() == Some(value)
            || point.destination == value
            || point.source.as_os_str() == value
    })
}

/// A host port of the range, published now or to be published.
pub(super) fn publishes(record: &ContainerRecord, value: &str) -> bool {
    let asked = record
        .host
        .port_bindings
        .iter()
        .flat_map(|(port, bindings)| {
            bindings
                .iter()
                .filter_map(|binding| Some((binding.host_port?, port.protocol)))
        });
    let leases = record
        .networks
        .values()
        .filter_map(|endpoint| endpoint.lease.as_ref());
    let live = leases.flat_map(|lease| &lease.ports);
    in_range(
        value,
        asked.chain(live.map(|port| (port.host_port, port.container.protocol))),
    )
}

/// `80`, `80/tcp`, `8000-8080/udp`.
pub(super) fn in_range(value: &str, mut ports: impl Iterator<Item = (u16, Protocol)>) -> bool {
    let (range, protocol) = value.split_once('/').unwrap_or((value, "tcp"));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
        return false;
    };
    ports.any(|(number, kind)| (first..=last).contains(&number) && kind.to_string() == protocol)
}
