//! Tables and chains.

use super::{header, kind};
use crate::netlink::{Attributes, Message};

const NEWTABLE: u16 = kind(0);
const DELTABLE: u16 = kind(2);
const NEWCHAIN: u16 = kind(3);
const DELCHAIN: u16 = kind(5);
const CREATE: u16 = libc::NLM_F_CREATE as u16;

const TABLE_NAME: u16 = 1;
const TABLE_FLAGS: u16 = 2;
const CHAIN_TABLE: u16 = 1;
const CHAIN_NAME: u16 = 3;
const CHAIN_HOOK: u16 = 4;
const CHAIN_POLICY: u16 = 5;
const CHAIN_TYPE: u16 = 7;
const HOOK_NUMBER: u16 = 1;
const HOOK_PRIORITY: u16 = 2;

/// `NF_ACCEPT`.
const POLICY_ACCEPT: u32 = 1;

/// Where on a packet's way through the kernel a base chain sits (`NF_INET_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Came in, not routed yet.
    Prerouting = 0,
    /// On its way from one interface to another.
    Forward = 2,
    /// Made on this machine.
    Output = 3,
    /// About to leave.
    Postrouting = 4,
}

/// What a base chain may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainType {
    /// Accept and drop.
    Filter,
    /// Translate addresses; sees the first packet of each connection.
    Nat,
}

/// A chain. One with a hook is a base chain: the kernel calls it, and lets pass what it does not drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain<'a> {
    /// Name.
    pub name: &'a str,
    /// Type, place, and order among the chains at that place.
    pub base: Option<(ChainType, Hook, i32)>,
}

/// Makes sure that a table is there.
pub fn add_table(table: &str) -> Message {
    Message::new(NEWTABLE, CREATE, &header()).with(|a| {
        a.put_text(TABLE_NAME, table).put_be32(TABLE_FLAGS, 0);
    })
}

/// Deletes a table, which must be there, with all that is in it.
pub fn delete_table(table: &str) -> Message {
    Message::new(DELTABLE, 0, &header()).with(|a| {
        a.put_text(TABLE_NAME, table);
    })
}

/// Makes sure that a chain is there.
pub fn add_chain(table: &str, chain: &Chain<'_>) -> Message {
    Message::new(NEWCHAIN, CREATE, &header()).with(|a| {
        a.put_text(CHAIN_TABLE, table)
            .put_text(CHAIN_NAME, chain.name);
        if let Some((kind, hook, priority)) = chain.base {
            put_base(a, kind, hook, priority);
        }
    })
}

fn put_base(a: &mut Attributes, kind: ChainType, hook: Hook, priority: i32) {
    let kind = match kind {
        ChainType::Filter => "filter",
        ChainType::Nat => "nat",
    };
    a.put_text(CHAIN_TYPE, kind)
        .put_be32(CHAIN_POLICY, POLICY_ACCEPT)
        .nest(CHAIN_HOOK, |h| {
            h.put_be32(HOOK_NUMBER, hook as u32)
                .put_be32(HOOK_PRIORITY, priority.cast_unsigned());
        });
}

/// Deletes a chain, which must be there and empty.
pub fn delete_chain(table: &str, chain: &str) -> Message {
    Message::new(DELCHAIN, 0, &header()).with(|a| {
        a.put_text(CHAIN_TABLE, table).put_text(CHAIN_NAME, chain);
    })
}
