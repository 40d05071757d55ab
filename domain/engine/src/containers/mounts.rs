//! Which mounts a container asked for: binds, volumes, tmpfs, of the client and of the image.
//!
//! Pure: what exists on the host is looked at by `create`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use palan_model::mount::{MountKind, MountPoint, MountSource, Propagation};
use palan_model::{ContainerConfig, HostConfig};

use crate::{Error, Result};

/// A mount that is wanted. Volumes have no path yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WantedMount {
    /// The mount point; for volumes the name and source are filled in when the volume exists.
    pub point: MountPoint,
    /// Make a missing source (`-v /path`), rather than refuse it (`--mount`).
    pub create_source: bool,
    /// Labels for a volume that is made.
    pub labels: BTreeMap<String, String>,
    /// Options for a volume that is made.
    pub options: BTreeMap<String, String>,
}

/// All mounts of a container by destination; the client's win over inherited and the image's.
pub(super) fn plan_mounts(
    config: &ContainerConfig,
    host: &HostConfig,
    inherited: Vec<MountPoint>,
) -> Result<Vec<WantedMount>> {
    let mut wanted: BTreeMap<String, WantedMount> = BTreeMap::new();
    for path in &config.volumes {
        let destination = checked("volume", path)?;
        wanted.insert(destination.clone(), anonymous(destination));
    }
    for point in inherited {
        wanted.insert(point.destination.clone(), plain(point));
    }
    let mut asked: BTreeMap<String, WantedMount> = BTreeMap::new();
    let binds = host.binds.iter().map(|bind| parse_bind(bind));
    let mounts = host.mounts.iter().map(parse_mount);
    for mount in binds.chain(mounts) {
        let mount = mount?;
        let destination = mount.point.destination.clone();
        if asked.insert(destination.clone(), mount).is_some()
            || host.tmpfs.contains_key(&destination)
        {
            return Err(Error::InvalidParameter(format!(
                "Duplicate mount point: {destination}"
            )));
        }
    }
    wanted.extend(asked);
    for target in host.tmpfs.keys() {
        // `--tmpfs` over an image's volume replaces it.
        wanted.remove(&checked("tmpfs", target)?);
    }
    Ok(wanted.into_values().collect())
}

fn plain(point: MountPoint) -> WantedMount {
    WantedMount {
        point,
        create_source: false,
        labels: BTreeMap::new(),
        options: BTreeMap::new(),
    }
}

fn anonymous(destination: String) -> WantedMount {
    let mut point = volume_point(destination, None, String::new(), true, true);
    point.anonymous = true;
    plain(point)
}

fn volume_point(
    destination: String,
    name: Option<String>,
    mode: String,
    rw: bool,
    copy_up: bool,
) -> MountPoint {
    MountPoint {
        kind: MountKind::Volume,
        anonymous: name.is_none(),
        name,
        source: PathBuf::new(),
        destination,
        driver: Some("local".to_owned()),
        mode,
        rw,
        propagation: None,
        copy_up,
        recursive: true,
    }
}

/// A destination in the container: absolute, and not the root itself.
fn destination(path: &str) -> std::result::Result<String, String> {
    let cleaned = clean(path);
    match cleaned.as_str() {
        "/" => Err("invalid specification: destination can't be '/'".to_owned()),
        path if path.starts_with('/') => Ok(cleaned),
        _ => Err(format!(
            "invalid mount path: '{path}' mount path must be absolute"
        )),
    }
}

/// Docker's words for a mount that cannot be.
fn invalid_mount(kind: &str, reason: &str) -> String {
    format!("invalid mount config for type \"{kind}\": {reason}")
}

fn checked(kind: &str, path: &str) -> Result<String> {
    destination(path).map_err(|reason| Error::InvalidParameter(invalid_mount(kind, &reason)))
}

/// Without `.`, `..`, double and trailing slashes, as Go's `path.Clean`.
pub(super) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = vec![];
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if path.starts_with('/') {
        format!("/{}", parts.join("/"))
    } else {
        parts.join("/")
    }
}

/// `destination`, `source:destination` or `source:destination:options`.
fn parse_bind(text: &str) -> Result<WantedMount> {
    let invalid = || Error::InvalidParameter(format!("invalid volume specification: '{text}'"));
    let parts: Vec<_> = text.split(':').collect();
    let (source, destination, mode) = match parts[..] {
        [destination] => (None, destination, ""),
        [source, destination] => (Some(source), destination, ""),
        [source, destination, mode] => (Some(source), destination, mode),
        _ => return Err(invalid()),
    };
    if destination.is_empty() || source.is_some_and(str::is_empty) {
        return Err(invalid());
    }
    if parts.len() == 2 && BindOptions::parse(destination).is_some() {
        // `name:ro` names no destination.
        return Err(invalid());
    }
    let options = BindOptions::parse(mode)
        .ok_or_else(|| Error::InvalidParameter(format!("invalid mode: {mode}")))?;
    let kind = if source.is_some_and(|source| source.starts_with('/')) {
        "bind"
    } else {
        "volume"
    };
    let wrong = |reason: &str| {
        let reason = invalid_mount(kind, reason);
        Error::InvalidParameter(format!("invalid volume specification: '{text}': {reason}"))
    };
    match kind {
        "bind" if options.no_copy => {
            return Err(wrong("field VolumeOptions must not be specified"));
        }
        "volume" if options.propagation.is_some() => {
            return Err(wrong("field BindOptions must not be specified"));
        }
        _ => {}
    }
    let destination = self::destination(destination).map_err(|reason| wrong(&reason))?;
    let rw = !options.read_only;
    let Some(source) = source else {
        return Ok(plain(volume_point(
            destination,
            None,
            or_shared(mode),
            rw,
            !options.no_copy,
        )));
    };
    if !source.starts_with('/') {
        let name = Some(source.to_owned());
        let point = volume_point(destination, name, or_shared(mode), rw, !options.no_copy);
        return Ok(plain(point));
    }
    let point = MountPoint {
        kind: MountKind::Bind,
        name: None,
        source: PathBuf::from(clean(source)),
        destination,
        driver: None,
        mode: mode.to_owned(),
        rw,
        propagation: Some(options.propagation.unwrap_or_default()),
        copy_up: false,
        recursive: true,
        anonymous: false,
    };
    Ok(WantedMount {
        create_source: true,
        ..plain(point)
    })
}

/// Docker's mode of a volume that was asked for without one.
fn or_shared(mode: &str) -> String {
    if mode.is_empty() { "z" } else { mode }.to_owned()
}

/// Whether `--volumes-from container:mode` takes the mounts over read-only.
///
/// # Errors
/// Modes that would change more than that.
pub(super) fn inherited_read_only(mode: &str) -> Result<bool> {
    match BindOptions::parse(mode) {
        Some(options) if options.propagation.is_none() && !options.no_copy => Ok(options.read_only),
        _ => Err(Error::InvalidParameter(format!("invalid mode: {mode}"))),
    }
}

struct BindOptions {
    read_only: bool,
    no_copy: bool,
    propagation: Option<Propagation>,
}

impl BindOptions {
    /// At most one word of each kind; none when a word is unknown or of a kind that was there.
    fn parse(mode: &str) -> Option<Self> {
        let mut options = Self {
            read_only: false,
            no_copy: false,
            propagation: None,
        };
        let mut kinds = vec![];
        for word in mode.split(',').filter(|_| !mode.is_empty()) {
            let kind = match word {
                "ro" | "rw" => "access",
                "nocopy" => "copy",
                // Labels and consistency mean nothing here, as on hosts without SELinux.
                "z" | "Z" => "label",
                "cached" | "delegated" | "consistent" | "default" => "consistency",
                _ => "propagation",
            };
            if kinds.contains(&kind) {
                return None;
            }
            kinds.push(kind);
            options.read_only |= word == "ro";
            options.no_copy |= word == "nocopy";
            if kind == "propagation" {
                options.propagation = Some(propagation(word)?);
            }
        }
        Some(options)
    }
}

fn propagation(word: &str) -> Option<Propagation> {
    Some(match word {
        "private" => Propagation::Private,
        "rprivate" => Propagation::Rprivate,
        "shared" => Propagation::Shared,
        "rshared" => Propagation::Rshared,
        "slave" => Propagation::Slave,
        "rslave" => Propagation::Rslave,
        _ => return None,
    })
}

fn parse_mount(spec: &palan_model::mount::MountSpec) -> Result<WantedMount> {
    let kind = match spec.source {
        MountSource::Bind { .. } => "bind",
        MountSource::Volume { .. } => "volume",
        MountSource::Tmpfs { .. } => "tmpfs",
    };
    let destination = checked(kind, &spec.target)?;
    let rw = !spec.read_only;
    let mount = match &spec.source {
        MountSource::Bind {
            path,
            propagation,
            non_recursive,
            create_host_path,
        } => {
            if !path.is_absolute() {
                return Err(Error::InvalidParameter(format!(
                    "invalid mount config for type \"bind\": invalid mount path: '{}' mount path \
                     must be absolute",
                    path.display()
                )));
            }
            let point = MountPoint {
                kind: MountKind::Bind,
                name: None,
                source: path.clone(),
                destination,
                driver: None,
                mode: String::new(),
                rw,
                propagation: Some(*propagation),
                copy_up: false,
                recursive: !non_recursive,
                anonymous: false,
            };
            WantedMount {
                create_source: *create_host_path,
                ..plain(point)
            }
        }
        MountSource::Volume {
            name,
            options,
            labels,
            no_copy,
            ..
        } => {
            let name = name.clone().filter(|name| !name.is_empty());
            let point = volume_point(destination, name, or_shared(""), rw, !no_copy);
            WantedMount {
                labels: labels.clone(),
                options: options.clone(),
                ..plain(point)
            }
        }
        MountSource::Tmpfs { .. } => plain(MountPoint {
            kind: MountKind::Tmpfs,
            name: None,
            source: PathBuf::new(),
            destination,
            driver: None,
            mode: String::new(),
            rw,
            propagation: None,
            copy_up: false,
            recursive: false,
            anonymous: false,
        }),
    };
    Ok(mount)
}
