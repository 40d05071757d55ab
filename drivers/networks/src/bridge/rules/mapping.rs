//! Published ports as elements of the table's maps.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use palan_model::network::EndpointLease;
use palan_model::port::{Protocol, PublishedPort};

use super::{HOST_PORTS, PORTS};
use crate::nftables::{Element, Value};

/// One published port: from where on the host to where in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mapping {
    protocol: Protocol,
    host: Ipv4Addr,
    host_port: u16,
    container: Ipv4Addr,
    container_port: u16,
}

impl Mapping {
    /// The mapping of a published port of a container. None for IPv6.
    pub fn new(container: Ipv4Addr, port: &PublishedPort) -> Option<Self> {
        let IpAddr::V4(host) = port.host_ip else {
            return None;
        };
        Some(Self {
            protocol: port.container.protocol,
            host,
            host_port: port.host_port,
            container,
            container_port: port.container.number,
        })
    }

    /// The mappings of an attachment.
    pub fn of(lease: &EndpointLease) -> Vec<Self> {
        let mapping = |port| Self::new(lease.address, port);
        lease.ports.iter().filter_map(mapping).collect()
    }

    /// The map that it belongs to.
    pub fn set(&self) -> &'static str {
        if self.host.is_unspecified() {
            PORTS.name
        } else {
            HOST_PORTS.name
        }
    }

    /// Key and value, as they lie in registers.
    pub fn element(&self) -> Element {
        let mut key = Vec::with_capacity(12);
        if !self.host.is_unspecified() {
            key.extend_from_slice(&self.host.octets());
        }
        key.extend_from_slice(&[protocol_number(self.protocol), 0, 0, 0]);
        key.extend_from_slice(&port_word(self.host_port));
        let mut value = self.container.octets().to_vec();
        value.extend_from_slice(&port_word(self.container_port));
        Element {
            key,
            end: None,
            value: Value::Bytes(value),
        }
    }
}

/// A port as it lies in a 4-byte register.
fn port_word(port: u16) -> [u8; 4] {
    let [high, low] = port.to_be_bytes();
    [high, low, 0, 0]
}

fn protocol_number(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    }
}

/// The elements of these mappings, by the map that they belong to.
pub fn by_set(mappings: &[Mapping]) -> BTreeMap<&'static str, Vec<Element>> {
    let mut sets: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mapping in mappings {
        sets.entry(mapping.set())
            .or_default()
            .push(mapping.element());
    }
    sets
}
