//! `Config` of an image, in the shape of the client's version.

use palan_docker_api::Empty;
use palan_docker_api::container::ContainerConfig;
use palan_docker_api::image::{ImageConfig, OciImageConfig};

use super::{Viewer, config, null_if_empty};

/// Writes an image's configuration.
pub(super) fn to_wire(viewer: &Viewer<'_>, image: &palan_model::ContainerConfig) -> ImageConfig {
    if viewer.since(50) {
        ImageConfig::Oci(Box::new(oci(image)))
    } else {
        ImageConfig::Container(Box::new(ContainerConfig {
            env: null_if_empty(&image.env),
            labels: (!image.labels.is_empty()).then(|| image.labels.clone()),
            ..config::to_wire(image)
        }))
    }
}

fn oci(image: &palan_model::ContainerConfig) -> OciImageConfig {
    OciImageConfig {
        user: image.user.clone(),
        exposed_ports: image
            .exposed_ports
            .iter()
            .map(|port| (port.to_string(), Empty {}))
            .collect(),
        env: image.env.clone(),
        entrypoint: image.entrypoint.clone().unwrap_or_default(),
        cmd: image.cmd.clone().unwrap_or_default(),
        volumes: image
            .volumes
            .iter()
            .map(|path| (path.clone(), Empty {}))
            .collect(),
        working_dir: image.working_dir.clone(),
        labels: image.labels.clone(),
        stop_signal: image.stop_signal.clone().unwrap_or_default(),
        healthcheck: image.healthcheck.as_ref().map(config::healthcheck),
        on_build: image.on_build.clone().unwrap_or_default(),
        shell: image.shell.clone().unwrap_or_default(),
    }
}
