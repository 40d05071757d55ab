//! Finding device nodes.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use palan_model::run::DeviceNode;
use rustix::fs::{major, minor};

use crate::HostError;

/// Directories of `/dev` that every container has of its own, or that hold no devices.
const SKIPPED: [&str; 6] = ["pts", "shm", "fd", "mqueue", ".lxc", ".udev"];

/// The device at the path, or all below it.
pub(crate) fn find(path: &Path) -> Result<Vec<DeviceNode>, HostError> {
    let missing = |source| HostError::NoDevice {
        path: path.to_owned(),
        source,
    };
    let metadata = fs::metadata(path).map_err(missing)?;
    if metadata.is_dir() {
        let mut devices = vec![];
        collect(path, &mut devices)?;
        return Ok(devices);
    }
    match node(path, &metadata) {
        Some(device) => Ok(vec![device]),
        None => Err(HostError::NotADevice {
            path: path.to_owned(),
        }),
    }
}

fn collect(directory: &Path, devices: &mut Vec<DeviceNode>) -> Result<(), HostError> {
    let failed = |source| HostError::Look {
        path: directory.to_owned(),
        source,
    };
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            let name = entry.file_name();
            if !SKIPPED.iter().any(|skipped| name == *skipped) {
                collect(&path, devices)?;
            }
        } else if kind.is_char_device() || kind.is_block_device() {
            // The console is the container's own.
            let metadata = entry.metadata().map_err(failed)?;
            devices.extend(node(&path, &metadata).filter(|node| node.path != "/dev/console"));
        }
    }
    Ok(())
}

fn node(path: &Path, metadata: &fs::Metadata) -> Option<DeviceNode> {
    let kind = metadata.file_type();
    let kind = match (kind.is_char_device(), kind.is_block_device()) {
        (true, _) => 'c',
        (_, true) => 'b',
        _ => return None,
    };
    Some(DeviceNode {
        path: path.to_str()?.to_owned(),
        kind,
        major: major(metadata.rdev()),
        minor: minor(metadata.rdev()),
        mode: metadata.mode() & 0o7777,
        uid: metadata.uid(),
        gid: metadata.gid(),
    })
}
