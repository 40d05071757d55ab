//! Networks: interfaces, addresses, forwarding, published ports.

use std::net::Ipv4Addr;
use std::os::fd::{BorrowedFd, OwnedFd};

use async_trait::async_trait;
use palan_model::id::EndpointId;
use palan_model::network::{EndpointLease, NetworkRecord, PublishSpec, Subnet};

use crate::Result;

/// One attachment to make.
#[derive(Clone, Debug)]
pub struct AttachmentSpec {
    /// Identifies the attachment: becomes the lease's identifier and names its host interface.
    pub id: EndpointId,
    /// Address, free in the network's subnet: the caller has allocated it.
    pub address: Ipv4Addr,
    /// Wanted hardware address; derived from the address when none.
    pub mac: Option<String>,
    /// Name of the interface in the container, for example `eth0`.
    pub interface: String,
    /// Make the network's gateway the container's default route.
    pub default_route: bool,
    /// Ports to publish.
    pub publish: Vec<PublishSpec>,
}

/// Programs the host's network. Everything it makes carries the engine's own names, so that several
/// engines live side by side.
#[async_trait]
pub trait NetworkDriver: Send + Sync + 'static {
    /// A subnet that overlaps neither a route of the host nor `taken`.
    async fn free_subnet(&self, taken: &[Subnet]) -> Result<Subnet>;

    /// Makes sure that the bridge, its address and the firewall's base rules are there. Idempotent;
    /// repairs what someone removed.
    async fn ensure_network(&self, network: &NetworkRecord) -> Result<()>;

    /// Removes what `ensure_network` made. Idempotent.
    async fn remove_network(&self, network: &NetworkRecord) -> Result<()>;

    /// A new network namespace with its loopback interface up. It lives as long as the descriptor or
    /// a process in it. `sysctls` below `net.` are written in it.
    async fn create_sandbox(&self, sysctls: &[(String, String)]) -> Result<OwnedFd>;

    /// Connects a sandbox to a network and publishes its ports. Either everything is done or nothing.
    ///
    /// # Errors
    /// `Conflict` when a host port is taken; the text is Docker's
    /// (`Bind for 0.0.0.0:80 failed: port is already allocated`).
    async fn attach(
        &self,
        sandbox: BorrowedFd<'_>,
        network: &NetworkRecord,
        spec: AttachmentSpec,
    ) -> Result<EndpointLease>;

    /// Withdraws published ports. The interface goes with its sandbox by itself. Idempotent.
    async fn detach(&self, network: &NetworkRecord, lease: &EndpointLease) -> Result<()>;

    /// Makes the host's state match `live` exactly: re-publishes what is missing, removes ports and
    /// interfaces that no lease owns. Called once at the engine's start, and after somebody flushed.
    async fn reconcile(&self, networks: &[NetworkRecord], live: &[EndpointLease]) -> Result<()>;
}
