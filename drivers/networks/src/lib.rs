//! Container networks on the host: bridges, veth pairs, addresses, published ports, firewall rules.
//! Straight to the kernel over netlink; no program is executed.
//!
//! | module | what is there |
//! |---|---|
//! | [`bridge`] | the driver: what is made on the host, in which order, and how it is undone |
//! | `ports` | host ports: which are taken, and the choice of a free one |
//! | `subnets` | the default subnets |
//! | `sandbox`, `worker` | network namespaces, and the threads that enter them |
//! | `route`, `nftables`, `conntrack` | the three netlink families, as far as needed |
//! | `netlink` | the protocol below them |
//! | `names`, `sysctl`, `error` | names and MAC addresses, kernel settings, failures |
//!
//! Which address a container gets is the caller's decision; names (DNS) are not here either.
//! `docs/design/0003-bridge-network.md` has the rules and the reasons.

pub mod bridge;
mod conntrack;
mod error;
mod names;
mod netlink;
mod nftables;
mod ports;
mod route;
mod sandbox;
mod subnets;
mod sysctl;
mod worker;

pub use bridge::{BridgeDriver, NetworkConfig};
pub use error::Error;
