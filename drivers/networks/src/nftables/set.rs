//! Sets and maps.

use super::{header, kind};
use crate::netlink::{Attributes, Message};

const NEWSET: u16 = kind(9);
const CREATE: u16 = libc::NLM_F_CREATE as u16;

const SET_TABLE: u16 = 1;
const SET_NAME: u16 = 2;
const SET_FLAGS: u16 = 3;
const SET_KEY_TYPE: u16 = 4;
const SET_KEY_LENGTH: u16 = 5;
const SET_DATA_TYPE: u16 = 6;
const SET_DATA_LENGTH: u16 = 7;
const SET_ID: u16 = 10;
const SET_USERDATA: u16 = 13;

const FLAG_INTERVAL: u32 = 0x4;
const FLAG_MAP: u32 = 0x8;
/// `NFT_DATA_VERDICT`.
const VERDICT: u32 = 0xffff_ff00;
/// Byte orders in the remarks that the `nft` program leaves for itself: without them it shows
/// interface names as numbers.
const HOST_ORDER: u32 = 1;
const NETWORK_ORDER: u32 = 2;

/// What keys and values are made of. The kernel only looks at lengths; the numbers are for `nft list`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// An IPv4 address.
    Ipv4Address = 7,
    /// A transport protocol.
    Protocol = 12,
    /// A port.
    Port = 13,
    /// The name of an interface.
    Interface = 41,
}

impl DataType {
    /// Bytes that the type takes in registers.
    #[must_use]
    pub const fn length(self) -> u32 {
        match self {
            Self::Ipv4Address | Self::Protocol | Self::Port => 4,
            Self::Interface => 16,
        }
    }
}

/// What a map has for its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetData {
    /// Nothing: it is a set.
    None,
    /// A concatenation.
    Value(&'static [DataType]),
    /// Verdicts.
    Verdict,
}

/// A named set or map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set {
    /// Name.
    pub name: &'static str,
    /// Parts of the key.
    pub key: &'static [DataType],
    /// What it has for its keys.
    pub data: SetData,
    /// Whether the keys are ranges.
    pub ranges: bool,
}

impl Set {
    /// A set.
    #[must_use]
    pub const fn new(name: &'static str, key: &'static [DataType]) -> Self {
        Self {
            name,
            key,
            data: SetData::None,
            ranges: false,
        }
    }

    /// A map to concatenations.
    #[must_use]
    pub const fn map(
        name: &'static str,
        key: &'static [DataType],
        value: &'static [DataType],
    ) -> Self {
        Self {
            data: SetData::Value(value),
            ..Self::new(name, key)
        }
    }

    /// A map to verdicts.
    #[must_use]
    pub const fn verdicts(name: &'static str, key: &'static [DataType]) -> Self {
        Self {
            data: SetData::Verdict,
            ..Self::new(name, key)
        }
    }

    /// The same with ranges for keys.
    #[must_use]
    pub const fn of_ranges(self) -> Self {
        Self {
            ranges: true,
            ..self
        }
    }
}

/// Makes sure that a set is there. `id` is unique in its batch.
pub fn add_set(table: &str, set: &Set, id: u32) -> Message {
    Message::new(NEWSET, CREATE, &header()).with(|a| {
        a.put_text(SET_TABLE, table)
            .put_text(SET_NAME, set.name)
            .put_be32(SET_FLAGS, flags(set))
            .put_be32(SET_KEY_TYPE, type_number(set.key))
            .put_be32(SET_KEY_LENGTH, length(set.key))
            .put_be32(SET_ID, id);
        put_data(a, set.data);
        a.put(SET_USERDATA, &remarks(set));
    })
}

fn put_data(a: &mut Attributes, data: SetData) {
    match data {
        SetData::None => {}
        SetData::Value(parts) => {
            a.put_be32(SET_DATA_TYPE, type_number(parts))
                .put_be32(SET_DATA_LENGTH, length(parts));
        }
        SetData::Verdict => {
            a.put_be32(SET_DATA_TYPE, VERDICT)
                .put_be32(SET_DATA_LENGTH, 0);
        }
    }
}

fn flags(set: &Set) -> u32 {
    let ranges = if set.ranges { FLAG_INTERVAL } else { 0 };
    let map = if set.data == SetData::None {
        0
    } else {
        FLAG_MAP
    };
    ranges | map
}

/// `nft`'s number of a concatenation: six bits for each part.
fn type_number(parts: &[DataType]) -> u32 {
    parts.iter().fold(0, |n, part| n << 6 | *part as u32)
}

fn length(parts: &[DataType]) -> u32 {
    parts.iter().map(|part| part.length()).sum()
}

/// `NFTNL_UDATA_SET_KEYBYTEORDER`: type 0, length 4, a number.
fn remarks(set: &Set) -> Vec<u8> {
    let order = match set.key {
        [DataType::Interface] => HOST_ORDER,
        _ => NETWORK_ORDER,
    };
    let mut bytes = vec![0, 4];
    bytes.extend_from_slice(&order.to_ne_bytes());
    bytes
}
