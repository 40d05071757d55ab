//! The expressions that rules are made of: a little machine that loads, compares, looks up, decides.

use super::LIST_ELEMENT;
use crate::netlink::Attributes;

const EXPRESSION_NAME: u16 = 1;
const EXPRESSION_DATA: u16 = 2;
const DATA_VALUE: u16 = 1;
const DATA_VERDICT: u16 = 2;
const VERDICT_CODE: u16 = 1;
const VERDICT_CHAIN: u16 = 2;
/// `NFT_REG_VERDICT`.
const REGISTER_VERDICT: u32 = 0;
/// `NFT_NAT_DNAT`.
const DESTINATION_NAT: u32 = 1;
/// `NFPROTO_IPV4`.
const IPV4: u32 = 2;
/// `NFT_FIB_RESULT_ADDRTYPE` and `NFTA_FIB_F_DADDR`.
const FIB_ADDRESS_TYPE: u32 = 3;
const FIB_OF_DESTINATION: u32 = 2;

/// The n-th of the sixteen 4-byte registers. A value longer than 4 bytes takes the next ones too.
#[must_use]
pub const fn word(n: u32) -> u32 {
    8 + n
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Leaves the hook's chain and goes on.
    Accept,
    /// Is gone.
    Drop,
    /// Walks through another chain and comes back.
    Jump(String),
    /// Walks through another chain and does not come back.
    Goto(String),
}

impl Verdict {
    /// Writes the verdict as the value of an attribute that holds data.
    pub fn put(&self, a: &mut Attributes) {
        let (code, chain): (i32, Option<&str>) = match self {
            Self::Drop => (0, None),
            Self::Accept => (1, None),
            Self::Jump(chain) => (-3, Some(chain)),
            Self::Goto(chain) => (-4, Some(chain)),
        };
        a.nest(DATA_VERDICT, |v| {
            v.put_be32(VERDICT_CODE, code.cast_unsigned());
            if let Some(chain) = chain {
                v.put_text(VERDICT_CHAIN, chain);
            }
        });
    }
}

/// Writes bytes as the value of an attribute that holds data.
pub fn put_value(a: &mut Attributes, value: &[u8]) {
    a.put(DATA_VALUE, value);
}

/// How to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Goes on when equal.
    Equal = 0,
    /// Goes on when different.
    Different = 1,
}

/// One step of a rule. A step whose condition fails ends the rule. `register` numbers come from
/// [`word`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Loads a property of the packet (`NFT_META_*`).
    Meta { key: u32, register: u32 },
    /// Loads bytes of the network header.
    NetworkHeader {
        offset: u32,
        length: u32,
        register: u32,
    },
    /// Loads bytes of the transport header.
    TransportHeader {
        offset: u32,
        length: u32,
        register: u32,
    },
    /// Loads a property of the packet's connection (`NFT_CT_*`).
    Connection { key: u32, register: u32 },
    /// Loads the kind of the destination address (`RTN_*`): whether it is one of this machine's.
    DestinationType { register: u32 },
    /// Keeps only the bits of the mask, in place.
    Mask { register: u32, mask: Vec<u8> },
    /// Compares a register with a constant.
    Cmp {
        register: u32,
        how: Compare,
        value: Vec<u8>,
    },
    /// Goes on when the key is in a set.
    InSet { set: String, key: u32 },
    /// Goes on when the key is in a map, with its value in `value`.
    Map { map: String, key: u32, value: u32 },
    /// Does what a verdict map says for the key.
    VerdictMap { map: String, key: u32 },
    /// Decides.
    Verdict(Verdict),
    /// Sends the connection to the IPv4 address and port in the registers.
    DestinationNat4 { address: u32, port: u32 },
    /// Gives the connection the address of the interface that it leaves by.
    Masquerade,
}

impl Expression {
    /// Writes the expression as an element of a rule's list.
    pub fn put(&self, list: &mut Attributes) {
        list.nest(LIST_ELEMENT, |a| {
            a.put_text(EXPRESSION_NAME, self.name())
                .nest(EXPRESSION_DATA, |d| self.put_data(d));
        });
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Meta { .. } => "meta",
            Self::NetworkHeader { .. } | Self::TransportHeader { .. } => "payload",
            Self::Connection { .. } => "ct",
            Self::DestinationType { .. } => "fib",
            Self::Mask { .. } => "bitwise",
            Self::Cmp { .. } => "cmp",
            Self::InSet { .. } | Self::Map { .. } | Self::VerdictMap { .. } => "lookup",
            Self::Verdict(_) => "immediate",
            Self::DestinationNat4 { .. } => "nat",
            Self::Masquerade => "masq",
        }
    }

    fn put_data(&self, d: &mut Attributes) {
        match self {
            // Both: 1 = NFTA_{META,CT}_DREG, 2 = NFTA_{META,CT}_KEY.
            Self::Meta { key, register } | Self::Connection { key, register } => {
                d.put_be32(1, *register).put_be32(2, *key);
            }
            Self::NetworkHeader {
                offset,
                length,
                register,
            } => {
                put_payload(d, 1, *offset, *length, *register);
            }
            Self::TransportHeader {
                offset,
                length,
                register,
            } => {
                put_payload(d, 2, *offset, *length, *register);
            }
            Self::DestinationType { register } => {
                d.put_be32(1, *register)
                    .put_be32(2, FIB_ADDRESS_TYPE)
                    .put_be32(3, FIB_OF_DESTINATION);
            }
            Self::Mask { register, mask } => put_mask(d, *register, mask),
            Self::Cmp {
                register,
                how,
                value,
            } => {
                d.put_be32(1, *register).put_be32(2, *how as u32);
                d.nest(3, |data| put_value(data, value));
            }
            Self::InSet { set, key } => put_lookup(d, set, *key, None),
            Self::Map { map, key, value } => put_lookup(d, map, *key, Some(*value)),
            Self::VerdictMap { map, key } => put_lookup(d, map, *key, Some(REGISTER_VERDICT)),
            Self::Verdict(verdict) => {
                d.put_be32(1, REGISTER_VERDICT)
                    .nest(2, |data| verdict.put(data));
            }
            Self::DestinationNat4 { address, port } => {
                d.put_be32(1, DESTINATION_NAT)
                    .put_be32(2, IPV4)
                    .put_be32(3, *address)
                    .put_be32(5, *port);
            }
            Self::Masquerade => {}
        }
    }
}

/// `NFTA_PAYLOAD_{DREG,BASE,OFFSET,LEN}`.
fn put_payload(d: &mut Attributes, base: u32, offset: u32, length: u32, register: u32) {
    d.put_be32(1, register)
        .put_be32(2, base)
        .put_be32(3, offset)
        .put_be32(4, length);
}

/// `NFTA_BITWISE_{SREG,DREG,LEN,MASK,XOR}`.
fn put_mask(d: &mut Attributes, register: u32, mask: &[u8]) {
    d.put_be32(1, register)
        .put_be32(2, register)
        .put_be32(3, mask.len() as u32)
        .nest(4, |data| put_value(data, mask))
        .nest(5, |data| put_value(data, &vec![0; mask.len()]));
}

/// `NFTA_LOOKUP_{SET,SREG,DREG}`.
fn put_lookup(d: &mut Attributes, set: &str, key: u32, value: Option<u32>) {
    d.put_text(1, set).put_be32(2, key);
    if let Some(register) = value {
        d.put_be32(3, register);
    }
}
