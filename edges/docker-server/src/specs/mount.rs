//! Mounts that `--mount` asks for.

use palan_docker_api::container::{BindOptions, Mount, TmpfsOptions, VolumeOptions};
use palan_model::mount::{MountSource, MountSpec, Propagation};

use crate::failure::Failure;

/// Reads a mount, with dockerd's refusals.
pub(super) fn from_wire(mount: Mount) -> Result<MountSpec, Failure> {
    if mount.target.is_empty() {
        return Err(invalid(&mount.kind, "field Target must not be empty"));
    }
    let source = match mount.kind.as_str() {
        "bind" => bind(mount.source, mount.bind_options.unwrap_or_default())?,
        "volume" => volume(mount.source, mount.volume_options.unwrap_or_default())?,
        "tmpfs" if !mount.source.is_empty() => {
            return Err(invalid("tmpfs", "field Source must not be specified"));
        }
        "tmpfs" => tmpfs(&mount.tmpfs_options.unwrap_or_default())?,
        "image" | "cluster" | "npipe" => {
            return Err(Failure::not_available(&format!(
                "mounts of type {:?} are",
                mount.kind
            )));
        }
        other => {
            return Err(Failure::bad_request(format!(
                "mount type unknown: {other:?}"
            )));
        }
    };
    Ok(MountSpec {
        target: mount.target,
        source,
        read_only: mount.read_only,
    })
}

fn invalid(kind: &str, what: &str) -> Failure {
    Failure::bad_request(format!("invalid mount config for type {kind:?}: {what}"))
}

fn bind(source: String, options: BindOptions) -> Result<MountSource, Failure> {
    if source.is_empty() {
        return Err(invalid("bind", "field Source must not be empty"));
    }
    if !source.starts_with('/') {
        return Err(invalid(
            "bind",
            &format!("invalid mount path: '{source}' mount path must be absolute"),
        ));
    }
    let propagation = propagation(&options.propagation)?;
    Ok(MountSource::Bind {
        path: source.into(),
        propagation,
        non_recursive: options.non_recursive,
        create_host_path: options.create_mountpoint,
    })
}

fn propagation(text: &str) -> Result<Propagation, Failure> {
    Ok(match text {
        "" => Propagation::default(),
        "private" => Propagation::Private,
        "rprivate" => Propagation::Rprivate,
        "shared" => Propagation::Shared,
        "rshared" => Propagation::Rshared,
        "slave" => Propagation::Slave,
        "rslave" => Propagation::Rslave,
        other => {
            return Err(invalid(
                "bind",
                &format!("invalid propagation mode: {other}"),
            ));
        }
    })
}

fn volume(source: String, options: VolumeOptions) -> Result<MountSource, Failure> {
    if !options.subpath.is_empty() {
        return Err(Failure::not_available("subpaths of volumes are"));
    }
    let driver = options.driver_config.unwrap_or_default();
    Ok(MountSource::Volume {
        name: Some(source).filter(|name| !name.is_empty()),
        driver: Some(driver.name).filter(|name| !name.is_empty()),
        options: driver.options,
        labels: options.labels,
        no_copy: options.no_copy,
    })
}

fn tmpfs(options: &TmpfsOptions) -> Result<MountSource, Failure> {
    if !options.options.is_empty() {
        return Err(Failure::not_available("free options of tmpfs mounts are"));
    }
    let size = u64::try_from(options.size_bytes)
        .map_err(|_| invalid("tmpfs", "the size must not be negative"))?;
    Ok(MountSource::Tmpfs {
        size: Some(size).filter(|size| *size > 0),
        mode: Some(options.mode).filter(|mode| *mode > 0),
    })
}
