//! Networks.

use std::collections::BTreeMap;

use palan_docker_api::network::{ConfigReference, Ipam, IpamConfig, Network, NetworkContainer};
use palan_docker_api::time::rfc3339_nano;
use palan_engine::networks::NetworkView;

use super::Viewer;

/// Writes a network. Its containers are left out in lists.
pub(crate) fn network(viewer: &Viewer<'_>, view: &NetworkView) -> Network {
    let record = &view.record;
    let config: Vec<_> = record
        .bridge
        .iter()
        .map(|bridge| IpamConfig {
            subnet: bridge.subnet.to_string(),
            gateway: bridge.gateway.to_string(),
            ..IpamConfig::default()
        })
        .collect();
    Network {
        name: record.name.clone(),
        id: record.id.to_string(),
        created: rfc3339_nano(Some(record.created)),
        scope: "local".to_owned(),
        driver: record.driver.clone(),
        enable_ipv4: viewer.since(48).then_some(true),
        enable_ipv6: false,
        ipam: Ipam {
            driver: "default".to_owned(),
            options: None,
            config: (!config.is_empty() || !viewer.since(44)).then_some(config),
        },
        internal: false,
        attachable: false,
        ingress: false,
        config_from: ConfigReference::default(),
        config_only: false,
        containers: containers(view),
        options: Some(record.options.clone()),
        labels: Some(record.labels.clone()),
    }
}

fn containers(view: &NetworkView) -> BTreeMap<String, NetworkContainer> {
    let prefix = view
        .record
        .bridge
        .as_ref()
        .map_or(32, |bridge| bridge.subnet.prefix);
    view.containers
        .iter()
        .map(|(id, name, lease)| {
            let container = NetworkContainer {
                name: name.clone(),
                endpoint_id: lease.id.to_string(),
                mac_address: lease.mac.clone(),
                ipv4_address: format!("{}/{prefix}", lease.address),
                ipv6_address: String::new(),
            };
            (id.to_string(), container)
        })
        .collect()
}
