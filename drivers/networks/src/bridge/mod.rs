//! The bridge driver: containers of one network are ports of one Linux bridge, the host is their
//! gateway.
//!
//! ```text
//!   container           host                                   outside
//!   eth0 ---veth--- pln-1a2b.. --- bridge (gateway) --- forward, masquerade --- eth0
//!                                     ^
//!                   published ports: prerouting and output look up one map
//! ```
//!
//! [`rules`] says what the firewall's table holds (pure), [`firewall`] keeps it so, [`attach`] and
//! [`ensure`] make interfaces, [`reconcile`] compares the host with the records.
//!
//! Invariant: an interface or map element that is on the host belongs to a lease that was handed out,
//! or to an `attach` under way; [`reconcile`] restores that after a crash.

mod attach;
mod driver;
mod ensure;
mod firewall;
mod reconcile;
mod rules;

pub use driver::{BridgeDriver, NetworkConfig};
