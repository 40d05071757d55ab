//! Attachments of a container to its networks.

use std::collections::BTreeMap;

use palan_docker_api::network::{EndpointIpamConfig, EndpointSettings};
use palan_engine::containers::ContainerView;
use palan_model::network::{EndpointRecord, NetworkRecord};

use super::{Viewer, null_if_empty};

/// All attachments by network name.
pub(super) fn all(viewer: &Viewer<'_>, view: &ContainerView) -> BTreeMap<String, EndpointSettings> {
    let alive = view.record.state.phase.is_alive();
    view.record
        .networks
        .iter()
        .map(|(name, endpoint)| {
            let network = view.networks.get(name).filter(|_| alive);
            (name.clone(), settings(viewer, endpoint, network))
        })
        .collect()
}

/// One attachment; `network` is none while the container does not run.
fn settings(
    viewer: &Viewer<'_>,
    endpoint: &EndpointRecord,
    network: Option<&NetworkRecord>,
) -> EndpointSettings {
    let spec = &endpoint.spec;
    let mut wire = EndpointSettings {
        ipam_config: spec.ipv4_address.map(|address| EndpointIpamConfig {
            ipv4_address: address.to_string(),
            ..EndpointIpamConfig::default()
        }),
        links: null_if_empty(&spec.links),
        aliases: null_if_empty(&spec.aliases),
        mac_address: spec.mac_address.clone().unwrap_or_default(),
        gw_priority: viewer.since(48).then_some(0),
        dns_names: viewer.since(44).then_some(None),
        ..EndpointSettings::default()
    };
    let Some(network) = network else {
        return wire;
    };
    wire.network_id = network.id.to_string();
    if let Some(lease) = &endpoint.lease {
        wire.endpoint_id = lease.id.to_string();
        wire.ip_address = lease.address.to_string();
        wire.mac_address.clone_from(&lease.mac);
        if let Some(bridge) = &network.bridge {
            wire.gateway = bridge.gateway.to_string();
            wire.ip_prefix_len = i64::from(bridge.subnet.prefix);
        }
    }
    wire
}
