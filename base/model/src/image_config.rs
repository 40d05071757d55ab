//! Reads an image configuration document into the vocabulary of records.
//!
//! Images come from many writers, so the reader is as lenient as Go's: `null` is an absent field,
//! object keys match in any letter case, and a command may be a single string. What it does not do:
//! fetch, hash or judge the document's size; the caller bounds that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::Timestamp;
use crate::container::{ContainerConfig, Healthcheck};
use crate::digest::Digest;
use crate::image::HistoryEntry;
use crate::oci::{HealthcheckDocument, HistoryDocument, ImageConfigDefaults, ImageConfigDocument};
use crate::platform::Platform;
use crate::port::Port;

/// Why bytes are not an image configuration.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum InvalidImageConfig {
    #[error("invalid image JSON")]
    Json(#[from] serde_json::Error),
    #[error("invalid image JSON: not an object")]
    NotAnObject,
    #[error("invalid image JSON, no RootFS key")]
    NoRootFs,
}

/// What an image configuration document says (OCI image specification, `config.md`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedImageConfig {
    /// None when absent or not a date.
    pub created: Option<Timestamp>,
    /// Author.
    pub author: String,
    /// Remark.
    pub comment: String,
    /// For example `amd64`; this host's when absent.
    pub architecture: String,
    /// For example `v8`; may be empty.
    pub variant: String,
    /// `linux` when absent.
    pub os: String,
    /// Defaults of containers; none when the document has none.
    pub config: Option<ContainerConfig>,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
    /// Digests of the uncompressed layers, lowest first.
    pub diff_ids: Vec<Digest>,
}

/// Reads an image configuration document.
///
/// # Errors
/// When it is not a JSON object of the document's shape, has no `rootfs`, or names a layer with a
/// digest that Palan cannot verify.
pub fn parse_image_config(bytes: &[u8]) -> Result<ParsedImageConfig, InvalidImageConfig> {
    let Value::Object(object) = serde_json::from_slice(bytes)? else {
        return Err(InvalidImageConfig::NotAnObject);
    };
    let object = canonical_document(object);
    if !object.contains_key("rootfs") {
        return Err(InvalidImageConfig::NoRootFs);
    }
    let document: ImageConfigDocument = serde_json::from_value(Value::Object(object))?;
    let host = Platform::host();
    let or = |text: String, other: String| if text.is_empty() { other } else { text };
    Ok(ParsedImageConfig {
        created: document.created.as_deref().and_then(timestamp),
        author: document.author,
        comment: document.comment,
        architecture: or(document.architecture, host.architecture),
        variant: document.variant,
        os: or(document.os, host.os),
        config: document.config.map(container_config),
        history: document.history.into_iter().map(history_entry).collect(),
        diff_ids: document.rootfs.diff_ids,
    })
}

const DOCUMENT: &[&str] = &[
    "created",
    "author",
    "comment",
    "architecture",
    "variant",
    "os",
    "config",
    "rootfs",
    "history",
];
const DEFAULTS: &[&str] = &[
    "Hostname",
    "Domainname",
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "StopTimeout",
    "OnBuild",
    "Shell",
    "Healthcheck",
];
const HEALTHCHECK: &[&str] = &[
    "Test",
    "Interval",
    "Timeout",
    "StartPeriod",
    "StartInterval",
    "Retries",
];
const HISTORY: &[&str] = &["created", "created_by", "author", "comment", "empty_layer"];
const LISTS: &[&str] = &["Env", "OnBuild"];
/// Lists that Docker also takes as a single string.
const COMMANDS: &[&str] = &["Entrypoint", "Cmd", "Shell"];

/// Keeps the known fields under their proper names and drops nulls. An exact name wins over one
/// that differs in case.
fn canonical(object: Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let mut known = Map::new();
    for (key, value) in object {
        let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(&key)) else {
            continue;
        };
        if !value.is_null() && (key == **name || !known.contains_key(*name)) {
            known.insert((*name).to_owned(), value);
        }
    }
    known
}

fn in_place(object: &mut Map<String, Value>, name: &str, change: impl FnOnce(Value) -> Value) {
    if let Some(value) = object.get_mut(name) {
        *value = change(value.take());
    }
}

fn canonical_document(object: Map<String, Value>) -> Map<String, Value> {
    let mut document = canonical(object, DOCUMENT);
    in_place(&mut document, "config", |value| {
        with_object(value, canonical_defaults)
    });
    in_place(&mut document, "rootfs", |value| {
        with_object(value, |rootfs| canonical(rootfs, &["type", "diff_ids"]))
    });
    in_place(&mut document, "history", |value| match value {
        Value::Array(entries) => entries.into_iter().map(canonical_history).collect(),
        other => other,
    });
    document
}

fn canonical_history(entry: Value) -> Value {
    match entry {
        Value::Null => Value::Object(Map::new()),
        other => with_object(other, |entry| canonical(entry, HISTORY)),
    }
}

fn canonical_defaults(object: Map<String, Value>) -> Map<String, Value> {
    let mut defaults = canonical(object, DEFAULTS);
    for name in LISTS {
        in_place(&mut defaults, name, text_list);
    }
    for name in COMMANDS {
        in_place(&mut defaults, name, |value| match value {
            Value::String(text) => Value::Array(vec![Value::String(text)]),
            other => text_list(other),
        });
    }
    in_place(&mut defaults, "Labels", |value| {
        with_object(value, |labels| {
            let text = |(key, value)| (key, null_as_empty(value));
            labels.into_iter().map(text).collect()
        })
    });
    in_place(&mut defaults, "Healthcheck", |value| {
        with_object(value, |check| {
            let mut check = canonical(check, HEALTHCHECK);
            in_place(&mut check, "Test", text_list);
            check
        })
    });
    defaults
}

fn with_object(
    value: Value,
    change: impl FnOnce(Map<String, Value>) -> Map<String, Value>,
) -> Value {
    match value {
        Value::Object(object) => Value::Object(change(object)),
        other => other,
    }
}

fn text_list(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(null_as_empty).collect(),
        other => other,
    }
}

fn null_as_empty(value: Value) -> Value {
    if value.is_null() {
        Value::String(String::new())
    } else {
        value
    }
}

fn timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn history_entry(entry: HistoryDocument) -> HistoryEntry {
    HistoryEntry {
        created: entry.created.as_deref().and_then(timestamp),
        created_by: entry.created_by,
        author: entry.author,
        comment: entry.comment,
        empty_layer: entry.empty_layer,
    }
}

fn container_config(defaults: ImageConfigDefaults) -> ContainerConfig {
    ContainerConfig {
        hostname: defaults.hostname,
        domainname: defaults.domainname,
        user: defaults.user,
        exposed_ports: exposed_ports(defaults.exposed_ports.unwrap_or_default()),
        env: defaults.env.unwrap_or_default(),
        cmd: defaults.cmd,
        entrypoint: defaults.entrypoint,
        healthcheck: defaults.healthcheck.map(healthcheck),
        volumes: defaults.volumes.unwrap_or_default().into_keys().collect(),
        working_dir: defaults.working_dir,
        on_build: defaults.on_build,
        labels: defaults.labels.unwrap_or_default(),
        stop_signal: defaults.stop_signal.filter(|signal| !signal.is_empty()),
        stop_timeout: defaults.stop_timeout,
        shell: defaults.shell,
        ..ContainerConfig::default()
    }
}

fn healthcheck(document: HealthcheckDocument) -> Healthcheck {
    Healthcheck {
        test: document.test,
        interval: document.interval,
        timeout: document.timeout,
        start_period: document.start_period,
        start_interval: document.start_interval,
        retries: document.retries,
    }
}

/// Ports and ranges of ports. What is neither is passed over: Docker shows such a key but can do
/// nothing with it.
fn exposed_ports(ports: BTreeMap<String, Value>) -> BTreeSet<Port> {
    let mut found = BTreeSet::new();
    for text in ports.keys() {
        let (numbers, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        if let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) {
            let port = |number: u16| format!("{number}/{protocol}").parse::<Port>().ok();
            found.extend((first..=last).filter_map(port));
        }
    }
    found
}

#[cfg(test)]
mod tests;
