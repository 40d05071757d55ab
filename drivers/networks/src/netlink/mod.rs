//! The netlink protocol itself (`netlink(7)`): messages, attributes, and a socket that sends
//! requests and reads answers. Knows no family; [`crate::route`], [`crate::nftables`] and
//! [`crate::conntrack`] do.
//!
//! Everything blocks, and only for as long as the kernel works on the request: it answers before
//! `send(2)` returns.

mod attributes;
mod error;
mod message;
mod socket;

pub use attributes::{AttributeReader, Attributes};
pub use error::{NetlinkError, allow, explain};
pub use message::Message;
pub use socket::Socket;

#[cfg(test)]
mod tests;
