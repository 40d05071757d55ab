//! Mount points of a container.

use palan_docker_api::container::MountPoint;
use palan_model::mount::{MountKind, Propagation};

/// Writes a mount point.
pub(super) fn to_wire(point: &palan_model::mount::MountPoint) -> MountPoint {
    MountPoint {
        kind: match point.kind {
            MountKind::Bind => "bind",
            MountKind::Volume => "volume",
            MountKind::Tmpfs => "tmpfs",
        }
        .to_owned(),
        name: point.name.clone().unwrap_or_default(),
        source: point.source.to_string_lossy().into_owned(),
        destination: point.destination.clone(),
        driver: point.driver.clone().unwrap_or_default(),
        mode: point.mode.clone(),
        rw: point.rw,
        propagation: point
            .propagation
            .map(propagation_name)
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Docker's word.
pub(super) fn propagation_name(propagation: Propagation) -> &'static str {
    match propagation {
        Propagation::Private => "private",
        Propagation::Rprivate => "rprivate",
        Propagation::Shared => "shared",
        Propagation::Rshared => "rshared",
        Propagation::Slave => "slave",
        Propagation::Rslave => "rslave",
    }
}
