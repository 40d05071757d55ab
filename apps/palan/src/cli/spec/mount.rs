//! `--mount type=bind,source=..,target=..,..`: comma-separated `key=value` fields.

use std::collections::BTreeMap;

use palan_docker_api::container::{Mount, VolumeDriver};

use super::csv_fields;
use super::size::parse_bytes;
use super::volume::absolute_path;
use crate::cli::args::FlagValue;
use crate::cli::args::parse_bool;

/// Mounts, in the order given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mounts(pub Vec<Mount>);

impl FlagValue for Mounts {
    const WORD: &'static str = "mount";

    fn set(&mut self, text: &str) -> Result<(), String> {
        self.0.push(parse(text)?);
        Ok(())
    }
}

fn parse(text: &str) -> Result<Mount, String> {
    let mut mount = Mount {
        kind: "volume".to_owned(),
        ..Mount::default()
    };
    for field in csv_fields(text)? {
        match field.split_once('=') {
            Some((key, value)) => set_field(&mut mount, &key.to_lowercase(), value, &field)?,
            None => set_switch(&mut mount, &field)?,
        }
    }
    check(&mount)?;
    Ok(mount)
}

fn set_switch(mount: &mut Mount, field: &str) -> Result<(), String> {
    match field.to_lowercase().as_str() {
        "readonly" | "ro" => mount.read_only = true,
        "volume-nocopy" => volume(mount).no_copy = true,
        "bind-nonrecursive" => bind(mount).non_recursive = true,
        _ => return Err(format!("invalid field '{field}' must be a key=value pair")),
    }
    Ok(())
}

fn set_field(mount: &mut Mount, key: &str, value: &str, field: &str) -> Result<(), String> {
    let truth = || parse_bool(value).ok_or_else(|| format!("invalid value for {key}: {value}"));
    match key {
        "type" => mount.kind = value.to_lowercase(),
        "source" | "src" => mount.source = source(value),
        "target" | "dst" | "destination" => value.clone_into(&mut mount.target),
        "readonly" | "ro" => mount.read_only = truth()?,
        "consistency" => mount.consistency = value.to_lowercase(),
        "bind-propagation" => bind(mount).propagation = value.to_lowercase(),
        "bind-nonrecursive" => bind(mount).non_recursive = truth()?,
        "bind-recursive" => set_recursion(mount, key, value)?,
        "volume-subpath" => value.clone_into(&mut volume(mount).subpath),
        "volume-nocopy" => volume(mount).no_copy = truth()?,
        "volume-label" => insert(&mut volume(mount).labels, value),
        "volume-driver" => value.clone_into(&mut driver(mount).name),
        "volume-opt" => insert(&mut driver(mount).options, value),
        "image-subpath" => {
            value.clone_into(&mut mount.image_options.get_or_insert_default().subpath);
        }
        "tmpfs-size" => {
            let bytes =
                parse_bytes(value).map_err(|_| format!("invalid value for {key}: {value}"))?;
            mount.tmpfs_options.get_or_insert_default().size_bytes = bytes;
        }
        "tmpfs-mode" => {
            let mode = u32::from_str_radix(value, 8)
                .map_err(|_| format!("invalid value for {key}: {value}"))?;
            mount.tmpfs_options.get_or_insert_default().mode = mode;
        }
        _ => return Err(format!("unexpected key '{key}' in '{field}'")),
    }
    Ok(())
}

fn set_recursion(mount: &mut Mount, key: &str, value: &str) -> Result<(), String> {
    match value {
        "enabled" => {}
        "disabled" => bind(mount).non_recursive = true,
        "writable" => bind(mount).read_only_non_recursive = true,
        "readonly" => bind(mount).read_only_force_recursive = true,
        _ => {
            return Err(format!(
                "invalid value for {key}: {value} (must be \"enabled\", \"disabled\", \
                 \"writable\", or \"readonly\")"
            ));
        }
    }
    Ok(())
}

fn source(value: &str) -> String {
    if !value.starts_with('.') {
        return value.to_owned();
    }
    match std::env::current_dir() {
        Ok(directory) => absolute_path(value, &directory),
        Err(_) => value.to_owned(),
    }
}

fn bind(mount: &mut Mount) -> &mut palan_docker_api::container::BindOptions {
    mount.bind_options.get_or_insert_default()
}

fn volume(mount: &mut Mount) -> &mut palan_docker_api::container::VolumeOptions {
    let options = mount.volume_options.get_or_insert_default();
    options.driver_config.get_or_insert_default();
    options
}

fn driver(mount: &mut Mount) -> &mut VolumeDriver {
    volume(mount).driver_config.get_or_insert_default()
}

fn insert(map: &mut BTreeMap<String, String>, text: &str) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    if !key.is_empty() {
        map.insert(key.to_owned(), value.to_owned());
    }
}

/// Options must fit the kind of mount.
fn check(mount: &Mount) -> Result<(), String> {
    if mount.kind.is_empty() {
        return Err("type is required".to_owned());
    }
    if mount.target.is_empty() {
        return Err("target is required".to_owned());
    }
    let families = [
        ("volume", mount.volume_options.is_some()),
        ("image", mount.image_options.is_some()),
        ("bind", mount.bind_options.is_some()),
        ("tmpfs", mount.tmpfs_options.is_some()),
    ];
    for (family, used) in families {
        if used && mount.kind != family {
            return Err(format!(
                "cannot mix '{family}-*' options with mount type '{}'",
                mount.kind
            ));
        }
    }
    let Some(options) = &mount.bind_options else {
        return Ok(());
    };
    let needs = |value: &str, what: &str| {
        Err(format!(
            "option 'bind-recursive={value}' requires '{what}' to be specified in conjunction"
        ))
    };
    if options.read_only_non_recursive && !mount.read_only {
        return needs("writable", "readonly");
    }
    if options.read_only_force_recursive && !mount.read_only {
        return needs("readonly", "readonly");
    }
    if options.read_only_force_recursive && options.propagation != "rprivate" {
        return needs("readonly", "bind-propagation=rprivate");
    }
    Ok(())
}
