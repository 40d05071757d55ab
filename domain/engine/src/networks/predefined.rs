//! The networks that always exist.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use palan_model::network::{BridgeSpec, NetworkRecord};
use palan_model::{NetworkId, Timestamp};

use crate::Result;
use crate::drivers::{Drivers, EngineConfig};

/// Name of the default network.
pub const BRIDGE: &str = "bridge";
/// Name of the host's own network.
pub const HOST: &str = "host";
/// Name of the network that is none.
pub const NONE: &str = "none";

/// Names and drivers.
pub(super) const ALL: [(&str, &str); 3] = [(BRIDGE, "bridge"), (HOST, "host"), (NONE, "null")];

/// A subnet that the host does not use yet, with its first address as the gateway.
pub(super) async fn default_bridge(drivers: &Drivers, config: &EngineConfig) -> Result<BridgeSpec> {
    let subnet = drivers.network.free_subnet(&[]).await?;
    Ok(BridgeSpec {
        interface: config.bridge.clone(),
        subnet,
        gateway: Ipv4Addr::from(u32::from(subnet.address) + 1),
        mtu: 1500,
    })
}

/// The record of a network that always exists.
pub(super) fn record(
    name: &str,
    driver: &str,
    bridge: Option<BridgeSpec>,
    created: Timestamp,
) -> NetworkRecord {
    let options = bridge.as_ref().map(|bridge| {
        [
            ("default_bridge", "true".to_owned()),
            ("enable_icc", "true".to_owned()),
            ("enable_ip_masquerade", "true".to_owned()),
            ("host_binding_ipv4", "0.0.0.0".to_owned()),
            ("name", bridge.interface.clone()),
        ]
        .into_iter()
        .map(|(key, value)| (format!("com.docker.network.bridge.{key}"), value))
        .chain([(
            "com.docker.network.driver.mtu".to_owned(),
            bridge.mtu.to_string(),
        )])
        .collect()
    });
    NetworkRecord {
        id: NetworkId::random(),
        name: name.to_owned(),
        driver: driver.to_owned(),
        created,
        bridge,
        options: options.unwrap_or_default(),
        labels: BTreeMap::new(),
    }
}
