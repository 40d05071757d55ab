//! An encoder for the part of nftables that container networks need, straight to the kernel over
//! `NETLINK_NETFILTER`: tables, chains, rules of a dozen expressions, sets and maps with
//! concatenated keys, their elements, and batches that are done as a whole or not at all.
//!
//! Knows the format (`linux/netfilter/nf_tables.h`), not what the rules are for: that is in
//! [`crate::bridge`].

mod batch;
mod connection;
mod element;
mod expression;
mod set;
mod table;

pub use batch::Batch;
pub use connection::Connection;
pub use element::{Element, Value};
pub use expression::{Compare, Expression, Verdict, word};
pub use set::{DataType, Set};
pub use table::{Chain, ChainType, Hook};

/// Most elements in one message: an attribute is at most 64 KiB long, an element at most 128 bytes.
const ELEMENTS_PER_MESSAGE: usize = 400;

/// `NFNL_SUBSYS_NFTABLES`, in the upper byte of a message's type.
const SUBSYSTEM: u16 = 10;
/// `NFPROTO_INET`: rules for IPv4 and IPv6 in one table.
const FAMILY_INET: u8 = 1;
/// `NFTA_LIST_ELEM`.
const LIST_ELEMENT: u16 = 1;

/// The type of a message of the nftables subsystem.
const fn kind(number: u16) -> u16 {
    SUBSYSTEM << 8 | number
}

/// `struct nfgenmsg` of a message about the table's family.
const fn header() -> [u8; 4] {
    [FAMILY_INET, 0, 0, 0]
}

#[cfg(test)]
mod tests;
