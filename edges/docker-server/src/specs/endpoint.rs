//! Wanted attachments to networks.

use std::collections::BTreeMap;

use palan_docker_api::network::{EndpointSettings, NetworkingConfig};
use palan_model::network::EndpointSpec;

use crate::failure::Failure;

/// Attachments by network name.
pub(super) fn all(config: NetworkingConfig) -> Result<BTreeMap<String, EndpointSpec>, Failure> {
    config
        .endpoints_config
        .unwrap_or_default()
        .into_iter()
        .map(|(network, settings)| Ok((network, endpoint(settings.unwrap_or_default())?)))
        .collect()
}

fn endpoint(settings: EndpointSettings) -> Result<EndpointSpec, Failure> {
    let ipv4_address = match settings.ipam_config.unwrap_or_default().ipv4_address {
        text if text.is_empty() => None,
        text => Some(
            text.parse()
                .map_err(|_| Failure::bad_request(format!("invalid IPv4 address: {text}")))?,
        ),
    };
    Ok(EndpointSpec {
        ipv4_address,
        aliases: settings.aliases.unwrap_or_default(),
        links: settings.links.unwrap_or_default(),
        mac_address: Some(settings.mac_address).filter(|address| !address.is_empty()),
    })
}
