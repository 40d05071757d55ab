//! Addresses and published ports of a container.

use palan_docker_api::container::{NetworkSettings, PortBinding, PortMap, PortSummary};
use palan_engine::containers::ContainerView;
use palan_model::ContainerRecord;
use palan_model::port::{Port, PublishedPort};

use super::{Viewer, endpoint};

/// Writes `NetworkSettings` of `inspect`.
pub(super) fn to_wire(viewer: &Viewer<'_>, view: &ContainerView) -> NetworkSettings {
    let record = &view.record;
    let networks = endpoint::all(viewer, view);
    let mut wire = NetworkSettings::default();
    if record.state.phase.is_alive() {
        // The network namespace has no name; it is reached through the first process.
        wire.sandbox_id = record.id.to_string();
        wire.sandbox_key = format!("/proc/{}/ns/net", record.state.pid);
        wire.ports = port_map(record);
    }
    if let Some(bridge) = networks.get(palan_engine::networks::BRIDGE) {
        wire.endpoint_id.clone_from(&bridge.endpoint_id);
        wire.gateway.clone_from(&bridge.gateway);
        wire.ip_address.clone_from(&bridge.ip_address);
        wire.ip_prefix_len = bridge.ip_prefix_len;
        wire.mac_address.clone_from(&bridge.mac_address);
    }
    wire.networks = networks;
    wire
}

fn published(record: &ContainerRecord) -> impl Iterator<Item = &PublishedPort> {
    record
        .networks
        .values()
        .filter_map(|endpoint| endpoint.lease.as_ref())
        .flat_map(|lease| &lease.ports)
}

/// Every exposed or published port; those that are only exposed have no bindings.
fn port_map(record: &ContainerRecord) -> PortMap {
    let mut map: PortMap = record
        .config
        .exposed_ports
        .iter()
        .map(|port| (port.to_string(), None))
        .collect();
    for port in published(record) {
        let bindings = map.entry(port.container.to_string()).or_default();
        bindings.get_or_insert_default().push(PortBinding {
            host_ip: port.host_ip.to_string(),
            host_port: port.host_port.to_string(),
        });
    }
    map
}

/// Ports of a container in a list.
pub(super) fn port_summaries(record: &ContainerRecord) -> Vec<PortSummary> {
    if !record.state.phase.is_alive() {
        return Vec::new();
    }
    let summary = |port: &Port| PortSummary {
        private_port: port.number,
        protocol: port.protocol.to_string(),
        ..PortSummary::default()
    };
    let mut ports: Vec<_> = published(record)
        .map(|port| PortSummary {
            ip: port.host_ip.to_string(),
            public_port: port.host_port,
            ..summary(&port.container)
        })
        .collect();
    let unpublished = record
        .config
        .exposed_ports
        .iter()
        .filter(|exposed| published(record).all(|port| port.container != **exposed));
    ports.extend(unpublished.map(summary));
    ports
}
