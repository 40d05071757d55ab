//! A create request as a whole.

use palan_docker_api::ApiVersion;
use palan_docker_api::container::{ContainerCreateRequest, HostConfig};
use palan_model::ContainerSpec;

use super::{config, container_name, endpoint, host_config};
use crate::failure::Failure;
use crate::query::Query;

/// What a create request asks for.
///
/// # Errors
/// Malformed names, ports, mounts and addresses, or options that do not exist here.
pub(crate) fn container_spec(
    request: ContainerCreateRequest,
    query: &Query,
    version: ApiVersion,
) -> Result<ContainerSpec, Failure> {
    let mut host = request.host_config.unwrap_or_default();
    apply_old_defaults(&mut host, version);
    Ok(ContainerSpec {
        name: query.text("name").map(container_name).transpose()?,
        platform: query.text("platform").map(str::to_owned),
        config: config::from_wire(request.config)?,
        host: host_config::from_wire(host)?,
        networks: endpoint::all(request.networking_config.unwrap_or_default())?,
    })
}

/// Defaults that clients of older versions rely on.
fn apply_old_defaults(host: &mut HostConfig, version: ApiVersion) {
    if version < ApiVersion::v1(40) && host.ipc_mode.is_empty() {
        "shareable".clone_into(&mut host.ipc_mode);
    }
    if version < ApiVersion::v1(41) && host.cgroupns_mode.is_empty() {
        "host".clone_into(&mut host.cgroupns_mode);
    }
    if version < ApiVersion::v1(42) {
        host.console_size = [0, 0];
    }
}
