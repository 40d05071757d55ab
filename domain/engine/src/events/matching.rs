//! Which events the filters of a reader let through. Pure.

use palan_model::Event;
use palan_model::event::ObjectType;

use crate::filter::{self, Filters};

/// Filters that exist.
pub(super) const FILTERS: [&str; 13] = [
    "config",
    "container",
    "daemon",
    "event",
    "image",
    "label",
    "network",
    "node",
    "plugin",
    "scope",
    "secret",
    "type",
    "volume",
];

/// Kinds of objects that do not exist here: nothing ever happens to them.
const NEVER: [&str; 4] = ["config", "node", "plugin", "secret"];

/// Whether every filter is absent or has a value that fits.
pub(super) fn matches(event: &Event, filters: &Filters) -> bool {
    let names_object = |object: ObjectType| {
        move |value: &str| {
            event.object == object
                && (event.id.starts_with(value)
                    || event
                        .attributes
                        .get("name")
                        .is_some_and(|name| name.starts_with(value)))
        }
    };
    filter::any(filters, "type", |value| value == event.object.as_str())
        && filter::any(filters, "event", |value| {
            // `exec_create` names `exec_create: sh` too.
            event.action == value || event.action.split(':').next() == Some(value)
        })
        && filter::any(filters, "scope", |value| value == "local")
        && NEVER.iter().all(|kind| !filters.contains_key(*kind))
        && filter::any(filters, "daemon", names_object(ObjectType::Daemon))
        && filter::any(filters, "container", names_object(ObjectType::Container))
        && filter::any(filters, "volume", names_object(ObjectType::Volume))
        && filter::any(filters, "network", names_object(ObjectType::Network))
        && filter::any(filters, "image", |value| match event.object {
            ObjectType::Image => names_image(event, value),
            ObjectType::Container => event
                .attributes
                .get("image")
                .is_some_and(|image| repository(image, value)),
            _ => false,
        })
        && filter::labels(&only_labels(filters), &event.attributes)
}

fn names_image(event: &Event, value: &str) -> bool {
    repository(&event.id, value)
        || event
            .attributes
            .get("name")
            .is_some_and(|name| repository(name, value))
}

/// `busybox` names `busybox`, `busybox:latest` and so on.
fn repository(image: &str, value: &str) -> bool {
    image == value
        || image
            .rsplit_once(':')
            .is_some_and(|(name, tag)| !tag.contains('/') && name == value)
}

fn only_labels(filters: &Filters) -> Filters {
    filters
        .iter()
        .filter(|(name, _)| *name == "label")
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}
