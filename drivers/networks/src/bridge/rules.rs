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

mod mapping;
mod statements;

use std::collections::BTreeMap;

use palan_model::network::{BridgeSpec, Subnet};

pub use mapping::Mapping;
use mapping::by_set;
use statements::*;

use crate::nftables::{Batch, Chain, ChainType, DataType, Element, Hook, Set, Value, Verdict};

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
    let publish = decide(Verdict::Jump(PUBLISH.to_owned()));
    let protect = [in_by_a_bridge(), to_loopback(), decide(Verdict::Drop)].concat();
    let loopback_out = [from_loopback(), out_by_a_bridge(), masquerade()].concat();
    batch
        .add_rule(PREROUTING, &publish)
        .add_rule(OUTPUT, &publish)
        .add_rule(PUBLISH, &translate_by_address())
        .add_rule(PUBLISH, &translate_by_port())
        .add_rule(LOOPBACK, &protect)
        .add_rule(POSTROUTING, &follow_source())
        .add_rule(POSTROUTING, &loopback_out)
        .add_rule(FORWARD, &follow_destination());
}

fn add_bridge(batch: &mut Batch, bridge: &BridgeSpec) {
    let name = interface_key(&bridge.interface);
    let (from, to) = (from_chain(&bridge.interface), to_chain(&bridge.interface));
    for chain in [&from, &to] {
        batch.add_empty_chain(&Chain {
            name: chain,
            base: None,
        });
    }
    for condition in [not_out_by(&name), of_translated_connection()] {
        batch.add_rule(&from, &[condition, masquerade()].concat());
    }
    for condition in [
        of_known_connection(),
        of_translated_connection(),
        in_by(&name),
    ] {
        batch.add_rule(&to, &[condition, decide(Verdict::Accept)].concat());
    }
    batch.add_rule(&to, &decide(Verdict::Drop));
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

#[cfg(test)]
mod tests;
