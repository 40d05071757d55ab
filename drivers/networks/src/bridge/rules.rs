//! What the engine's nftables table holds: planned here, committed by [`super::firewall`]. Pure.
//!
//! ```text
//! table inet palan {
//!   set bridges { ifname }                       every bridge of this engine
//!   map ports { proto . port : ip . port }       published on every address of the host
//!   map host_ports { ip . proto . port : .. }    published on one address
//!   map sources { subnet : goto from-BRIDGE }    map destinations { ifname : goto to-BRIDGE }
//!
//!   chain loopback    (prerouting, raw)     nobody reaches 127.0.0.0/8 from a bridge
//!   chain prerouting, chain output (nat)    jump publish
//!   chain publish                           dnat by host_ports, else by ports
//!   chain postrouting (nat)                 by source: from-BRIDGE; loopback sources: masquerade
//!   chain forward     (filter)              by destination: to-BRIDGE
//!   chain from-BRIDGE                       masquerade what leaves, and what was turned around
//!   chain to-BRIDGE                         answers, published ports, neighbours; drop the rest
//! }
//! ```

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use palan_model::network::{BridgeSpec, EndpointLease, Subnet};
use palan_model::port::{Protocol, PublishedPort};

use crate::nftables::{
    Batch, Chain, ChainType, Compare, DataType, Element, Expression, Hook, Set, Value, Verdict,
    word,
};

/// Bridges of this engine.
pub const BRIDGES: Set = Set::new("bridges", &[DataType::Interface]);
const PORTS: Set = Set::map(
    "ports",
    &[DataType::Protocol, DataType::Port],
    &[DataType::Ipv4Address, DataType::Port],
);
const HOST_PORTS: Set = Set::map(
    "host_ports",
    &[DataType::Ipv4Address, DataType::Protocol, DataType::Port],
    &[DataType::Ipv4Address, DataType::Port],
);
const SOURCES: Set = Set::verdicts("sources", &[DataType::Ipv4Address]).of_ranges();
const DESTINATIONS: Set = Set::verdicts("destinations", &[DataType::Interface]);
const SETS: [Set; 5] = [BRIDGES, PORTS, HOST_PORTS, SOURCES, DESTINATIONS];

const PUBLISH: &str = "publish";
const LOOPBACK: &str = "loopback";
const PREROUTING: &str = "prerouting";
const OUTPUT: &str = "output";
const POSTROUTING: &str = "postrouting";
const FORWARD: &str = "forward";

/// Base chains in the places and the order of `iptables`' (`NF_IP_PRI_*`).
const CHAINS: [Chain<'static>; 6] = [
    Chain {
        name: PUBLISH,
        base: None,
    },
    Chain {
        name: LOOPBACK,
        base: Some((ChainType::Filter, Hook::Prerouting, -300)),
    },
    Chain {
        name: PREROUTING,
        base: Some((ChainType::Nat, Hook::Prerouting, -100)),
    },
    Chain {
        name: OUTPUT,
        base: Some((ChainType::Nat, Hook::Output, -100)),
    },
    Chain {
        name: POSTROUTING,
        base: Some((ChainType::Nat, Hook::Postrouting, 100)),
    },
    Chain {
        name: FORWARD,
        base: Some((ChainType::Filter, Hook::Forward, 0)),
    },
];

/// `NFT_META_*`.
const META_IN_NAME: u32 = 6;
const META_OUT_NAME: u32 = 7;
const META_FAMILY: u32 = 15;
const META_PROTOCOL: u32 = 16;
/// `NFT_CT_*`.
const CT_STATE: u32 = 0;
const CT_STATUS: u32 = 2;
/// `NF_CT_STATE_BIT` of established and related.
const ESTABLISHED_OR_RELATED: u32 = 2 | 4;
/// `IPS_DST_NAT`.
const DESTINATION_TRANSLATED: u32 = 0x20;
/// `NFPROTO_IPV4`.
const IPV4: u8 = 2;
const SOURCE_OFFSET: u32 = 12;
const DESTINATION_OFFSET: u32 = 16;
/// In TCP, UDP and SCTP alike.
const DESTINATION_PORT_OFFSET: u32 = 2;

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

    fn set(&self) -> &'static str {
        if self.host.is_unspecified() {
            PORTS.name
        } else {
            HOST_PORTS.name
        }
    }

    fn element(&self) -> Element {
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

/// Everything that the table is to hold.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Bridges by name.
    pub bridges: BTreeMap<String, BridgeSpec>,
    /// Published ports.
    pub mappings: Vec<Mapping>,
}

/// Adds what is missing and puts the rules back in order; deletes no element.
pub fn plan_ensure(table: &str, wanted: &Wanted) -> Batch {
    let mut batch = Batch::new(table);
    add_everything(&mut batch, wanted);
    batch
}

/// Makes the table hold exactly this, in one step.
pub fn plan_replace(table: &str, wanted: &Wanted) -> Batch {
    let mut batch = Batch::new(table);
    batch.add_table().delete_table();
    if !wanted.bridges.is_empty() {
        add_everything(&mut batch, wanted);
    }
    batch
}

/// Withdraws a bridge. It must be there.
pub fn plan_remove(table: &str, bridge: &BridgeSpec) -> Batch {
    let mut batch = Batch::new(table);
    for (set, element) in bridge_elements(bridge) {
        batch.delete_elements(set, &[element]);
    }
    for chain in [from_chain(&bridge.interface), to_chain(&bridge.interface)] {
        batch.clear_chain(&chain).delete_chain(&chain);
    }
    batch
}

/// Publishes ports.
pub fn plan_publish(table: &str, mappings: &[Mapping]) -> Batch {
    let mut batch = Batch::new(table);
    publish(&mut batch, mappings);
    batch
}

/// Withdraws ports, which must be there under these keys.
pub fn plan_withdraw(table: &str, mappings: &[Mapping]) -> Batch {
    let mut batch = Batch::new(table);
    for (set, elements) in by_set(mappings) {
        batch.delete_elements(set, &elements);
    }
    batch
}

fn publish(batch: &mut Batch, mappings: &[Mapping]) {
    for (set, elements) in by_set(mappings) {
        batch.add_elements(set, &elements);
    }
}

fn by_set(mappings: &[Mapping]) -> BTreeMap<&'static str, Vec<Element>> {
    let mut sets: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mapping in mappings {
        sets.entry(mapping.set())
            .or_default()
            .push(mapping.element());
    }
    sets
}

fn add_everything(batch: &mut Batch, wanted: &Wanted) {
    batch.add_table();
    for set in &SETS {
        batch.add_set(set);
    }
    for chain in &CHAINS {
        batch.add_empty_chain(chain);
    }
    add_base_rules(batch);
    for bridge in wanted.bridges.values() {
        add_bridge(batch, bridge);
    }
    publish(batch, &wanted.mappings);
}

fn add_base_rules(batch: &mut Batch) {
    use Expression as E;
    let jump = E::Verdict(Verdict::Jump(PUBLISH.to_owned()));
    batch.add_rule(PREROUTING, std::slice::from_ref(&jump));
    batch.add_rule(OUTPUT, &[jump]);
    batch.add_rule(PUBLISH, &translate(HOST_PORTS));
    batch.add_rule(PUBLISH, &translate(PORTS));
    let mut loopback = in_from_bridge();
    loopback.extend(ipv4_loopback(DESTINATION_OFFSET));
    loopback.push(E::Verdict(Verdict::Drop));
    batch.add_rule(LOOPBACK, &loopback);
    let mut by_source = is_ipv4();
    by_source.push(network_word(SOURCE_OFFSET, 0));
    by_source.push(E::VerdictMap {
        map: SOURCES.name.to_owned(),
        key: word(0),
    });
    batch.add_rule(POSTROUTING, &by_source);
    let mut from_loopback = ipv4_loopback(SOURCE_OFFSET);
    from_loopback.push(E::Meta {
        key: META_OUT_NAME,
        register: word(0),
    });
    from_loopback.push(E::InSet {
        set: BRIDGES.name.to_owned(),
        key: word(0),
    });
    from_loopback.push(E::Masquerade);
    batch.add_rule(POSTROUTING, &from_loopback);
    let by_destination = [
        E::Meta {
            key: META_OUT_NAME,
            register: word(0),
        },
        E::VerdictMap {
            map: DESTINATIONS.name.to_owned(),
            key: word(0),
        },
    ];
    batch.add_rule(FORWARD, &by_destination);
}

fn add_bridge(batch: &mut Batch, bridge: &BridgeSpec) {
    use Expression as E;
    let (from, to) = (from_chain(&bridge.interface), to_chain(&bridge.interface));
    batch.add_empty_chain(&Chain {
        name: &from,
        base: None,
    });
    batch.add_empty_chain(&Chain {
        name: &to,
        base: None,
    });
    let mut leaves = compare_name(META_OUT_NAME, Compare::Different, &bridge.interface);
    leaves.push(E::Masquerade);
    batch.add_rule(&from, &leaves);
    let mut turned_around = connection_has(CT_STATUS, DESTINATION_TRANSLATED);
    turned_around.push(E::Masquerade);
    batch.add_rule(&from, &turned_around);
    for mut allowed in [
        connection_has(CT_STATE, ESTABLISHED_OR_RELATED),
        connection_has(CT_STATUS, DESTINATION_TRANSLATED),
        compare_name(META_IN_NAME, Compare::Equal, &bridge.interface),
    ] {
        allowed.push(E::Verdict(Verdict::Accept));
        batch.add_rule(&to, &allowed);
    }
    batch.add_rule(&to, &[E::Verdict(Verdict::Drop)]);
    for (set, element) in bridge_elements(bridge) {
        batch.add_elements(set, &[element]);
    }
}

fn bridge_elements(bridge: &BridgeSpec) -> [(&'static str, Element); 3] {
    let name = interface_key(&bridge.interface);
    let (first, end) = range(bridge.subnet);
    let goto = |chain| Value::Verdict(Verdict::Goto(chain));
    [
        (
            BRIDGES.name,
            Element {
                key: name.clone(),
                end: None,
                value: Value::None,
            },
        ),
        (
            SOURCES.name,
            Element {
                key: first,
                end,
                value: goto(from_chain(&bridge.interface)),
            },
        ),
        (
            DESTINATIONS.name,
            Element {
                key: name,
                end: None,
                value: goto(to_chain(&bridge.interface)),
            },
        ),
    ]
}

fn from_chain(bridge: &str) -> String {
    format!("from-{bridge}")
}

fn to_chain(bridge: &str) -> String {
    format!("to-{bridge}")
}

/// A subnet's lowest address and the one after its highest; none after 255.255.255.255.
fn range(subnet: Subnet) -> (Vec<u8>, Option<Vec<u8>>) {
    let last = u32::from(subnet.address) | !subnet.mask();
    let end = last.checked_add(1).map(|e| e.to_be_bytes().to_vec());
    (subnet.address.octets().to_vec(), end)
}

/// An interface name as a key: padded with zeros.
fn interface_key(name: &str) -> Vec<u8> {
    let mut key = name.as_bytes().to_vec();
    key.resize(16, 0);
    key
}

/// The interface name that a key holds.
pub fn interface_of(key: &[u8]) -> String {
    let end = key.iter().position(|b| *b == 0).unwrap_or(key.len());
    String::from_utf8_lossy(&key[..end]).into_owned()
}

/// Looks the destination up and sends the connection where the map says. For [`PORTS`] the address
/// must be one of this host's.
fn translate(map: Set) -> Vec<Expression> {
    use Expression as E;
    let mut rule = is_ipv4();
    let mut at = 0;
    if map.key.len() == 3 {
        rule.push(network_word(DESTINATION_OFFSET, 0));
        at = 1;
    } else {
        rule.push(E::DestinationType { register: word(0) });
        let local = u32::from(libc::RTN_LOCAL).to_ne_bytes().to_vec();
        rule.push(E::Cmp {
            register: word(0),
            how: Compare::Equal,
            value: local,
        });
    }
    rule.extend([
        E::Meta {
            key: META_PROTOCOL,
            register: word(at),
        },
        E::TransportHeader {
            offset: DESTINATION_PORT_OFFSET,
            length: 2,
            register: word(at + 1),
        },
        E::Map {
            map: map.name.to_owned(),
            key: word(0),
            value: word(0),
        },
        E::DestinationNat4 {
            address: word(0),
            port: word(1),
        },
    ]);
    rule
}

fn is_ipv4() -> Vec<Expression> {
    vec![
        Expression::Meta {
            key: META_FAMILY,
            register: word(0),
        },
        Expression::Cmp {
            register: word(0),
            how: Compare::Equal,
            value: vec![IPV4],
        },
    ]
}

fn network_word(offset: u32, n: u32) -> Expression {
    Expression::NetworkHeader {
        offset,
        length: 4,
        register: word(n),
    }
}

/// IPv4, with the address at this offset in 127.0.0.0/8.
fn ipv4_loopback(offset: u32) -> Vec<Expression> {
    let mut rule = is_ipv4();
    rule.push(Expression::NetworkHeader {
        offset,
        length: 1,
        register: word(0),
    });
    rule.push(Expression::Cmp {
        register: word(0),
        how: Compare::Equal,
        value: vec![127],
    });
    rule
}

fn in_from_bridge() -> Vec<Expression> {
    vec![
        Expression::Meta {
            key: META_IN_NAME,
            register: word(0),
        },
        Expression::InSet {
            set: BRIDGES.name.to_owned(),
            key: word(0),
        },
    ]
}

fn compare_name(key: u32, how: Compare, name: &str) -> Vec<Expression> {
    vec![
        Expression::Meta {
            key,
            register: word(0),
        },
        Expression::Cmp {
            register: word(0),
            how,
            value: interface_key(name),
        },
    ]
}

/// The connection has one of these bits.
fn connection_has(key: u32, bits: u32) -> Vec<Expression> {
    vec![
        Expression::Connection {
            key,
            register: word(0),
        },
        Expression::Mask {
            register: word(0),
            mask: bits.to_ne_bytes().to_vec(),
        },
        Expression::Cmp {
            register: word(0),
            how: Compare::Different,
            value: vec![0; 4],
        },
    ]
}

#[cfg(test)]
mod tests;
