//! The statements that the rules are made of, in the words of `nft`, each a short list of expressions.
//!
//! Each loads what it looks at into the first registers and leaves nothing there for the next.

use super::{BRIDGES, DESTINATIONS, HOST_PORTS, PORTS, SOURCES};
use crate::nftables::{Compare, Expression, Verdict, word};

/// A part of a rule.
pub type Statement = Vec<Expression>;

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
/// Of the addresses in an IPv4 header.
const SOURCE_OFFSET: u32 = 12;
const DESTINATION_OFFSET: u32 = 16;
/// In TCP, UDP and SCTP alike.
const DESTINATION_PORT_OFFSET: u32 = 2;

/// `dnat ip to ip daddr . meta l4proto . th dport map @host_ports`
pub fn translate_by_address() -> Statement {
    let mut rule = is_ipv4();
    rule.push(network_header(DESTINATION_OFFSET, 4));
    rule.extend(translate(HOST_PORTS.name, 1));
    rule
}

/// `fib daddr type local dnat ip to meta l4proto . th dport map @ports`
pub fn translate_by_port() -> Statement {
    let local = u32::from(libc::RTN_LOCAL).to_ne_bytes().to_vec();
    let mut rule = is_ipv4();
    rule.push(Expression::DestinationType { register: word(0) });
    rule.push(equals(local));
    rule.extend(translate(PORTS.name, 0));
    rule
}

/// The rest of the key from the n-th register on, the look-up, and the translation.
fn translate(map: &str, n: u32) -> [Expression; 4] {
    [
        meta(META_PROTOCOL, n),
        Expression::TransportHeader {
            offset: DESTINATION_PORT_OFFSET,
            length: 2,
            register: word(n + 1),
        },
        Expression::Map {
            map: map.to_owned(),
            key: word(0),
            value: word(0),
        },
        Expression::DestinationNat4 {
            address: word(0),
            port: word(1),
        },
    ]
}

/// `ip saddr vmap @sources`
pub fn follow_source() -> Statement {
    let mut rule = is_ipv4();
    rule.push(network_header(SOURCE_OFFSET, 4));
    rule.push(Expression::VerdictMap {
        map: SOURCES.name.to_owned(),
        key: word(0),
    });
    rule
}

/// `oifname vmap @destinations`
pub fn follow_destination() -> Statement {
    let map = DESTINATIONS.name.to_owned();
    vec![
        meta(META_OUT_NAME, 0),
        Expression::VerdictMap { map, key: word(0) },
    ]
}

/// `ip saddr 127.0.0.0/8`
pub fn from_loopback() -> Statement {
    loopback(SOURCE_OFFSET)
}

/// `ip daddr 127.0.0.0/8`
pub fn to_loopback() -> Statement {
    loopback(DESTINATION_OFFSET)
}

/// `iifname @bridges`
pub fn in_by_a_bridge() -> Statement {
    vec![meta(META_IN_NAME, 0), is_bridge()]
}

/// `oifname @bridges`
pub fn out_by_a_bridge() -> Statement {
    vec![meta(META_OUT_NAME, 0), is_bridge()]
}

/// `iifname NAME`
pub fn in_by(key: &[u8]) -> Statement {
    vec![meta(META_IN_NAME, 0), equals(key.to_vec())]
}

/// `oifname != NAME`
pub fn not_out_by(key: &[u8]) -> Statement {
    vec![meta(META_OUT_NAME, 0), differs(key.to_vec())]
}

/// `ct state established,related`
pub fn of_known_connection() -> Statement {
    connection_has(CT_STATE, ESTABLISHED_OR_RELATED)
}

/// `ct status dnat`
pub fn of_translated_connection() -> Statement {
    connection_has(CT_STATUS, DESTINATION_TRANSLATED)
}

/// `masquerade`
pub fn masquerade() -> Statement {
    vec![Expression::Masquerade]
}

/// `accept`, `drop` and so on.
pub fn decide(verdict: Verdict) -> Statement {
    vec![Expression::Verdict(verdict)]
}

fn is_ipv4() -> Statement {
    vec![meta(META_FAMILY, 0), equals(vec![IPV4])]
}

fn loopback(offset: u32) -> Statement {
    let mut rule = is_ipv4();
    rule.push(network_header(offset, 1));
    rule.push(equals(vec![127]));
    rule
}

fn connection_has(key: u32, bits: u32) -> Statement {
    let mask = bits.to_ne_bytes().to_vec();
    let register = word(0);
    vec![
        Expression::Connection { key, register },
        Expression::Mask { register, mask },
        differs(vec![0; 4]),
    ]
}

fn is_bridge() -> Expression {
    Expression::InSet {
        set: BRIDGES.name.to_owned(),
        key: word(0),
    }
}

fn meta(key: u32, n: u32) -> Expression {
    let register = word(n);
    Expression::Meta { key, register }
}

fn network_header(offset: u32, length: u32) -> Expression {
    Expression::NetworkHeader {
        offset,
        length,
        register: word(0),
    }
}

fn equals(value: Vec<u8>) -> Expression {
    compare(Compare::Equal, value)
}

fn differs(value: Vec<u8>) -> Expression {
    compare(Compare::Different, value)
}

fn compare(how: Compare, value: Vec<u8>) -> Expression {
    Expression::Cmp {
        register: word(0),
        how,
        value,
    }
}
