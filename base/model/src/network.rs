//! Networks and containers' attachments to them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{EndpointId, NetworkId};
use crate::port::PublishedPort;

/// An IPv4 subnet, for example 172.17.0.0/16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subnet {
    /// Lowest address; host bits are zero.
    pub address: Ipv4Addr,
    /// 0 to 32.
    pub prefix: u8,
}

impl Subnet {
    /// The mask as a number.
    #[must_use]
    pub fn mask(self) -> u32 {
        u32::MAX
            .checked_shl(32 - u32::from(self.prefix))
            .unwrap_or(0)
    }

    /// Whether the address lies in the subnet.
    #[must_use]
    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask() == u32::from(self.address)
    }

    /// The subnet's own address and its broadcast address: no host has them.
    #[must_use]
    pub fn reserved(self) -> [Ipv4Addr; 2] {
        let first = u32::from(self.address);
        [self.address, Ipv4Addr::from(first | !self.mask())]
    }

    /// Whether the two share an address.
    #[must_use]
    pub fn overlaps(self, other: Subnet) -> bool {
        self.contains(other.address) || other.contains(self.address)
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// A network as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRecord {
    /// Identifier.
    pub id: NetworkId,
    /// Name: `bridge`, `host`, `none` are always there.
    pub name: String,
    /// `bridge`, `host` or `null`.
    pub driver: String,
    /// When it was created.
    pub created: Timestamp,
    /// For bridges.
    pub bridge: Option<BridgeSpec>,
    /// Driver options, as Docker names them.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// A Linux bridge with its subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeSpec {
    /// Interface name, at most 15 bytes.
    pub interface: String,
    /// Addresses of its containers.
    pub subnet: Subnet,
    /// The bridge's own address, the containers' gateway.
    pub gateway: Ipv4Addr,
    /// Bytes; 1500 by default.
    pub mtu: u32,
}

/// What a client asks of one attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointSpec {
    /// Fixed address.
    pub ipv4_address: Option<Ipv4Addr>,
    /// Other names on this network.
    pub aliases: Vec<String>,
    /// Legacy links.
    pub links: Vec<String>,
    /// Fixed MAC address.
    pub mac_address: Option<String>,
}

/// One attachment of a container to a network, as stored. The addresses are set while it is alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointRecord {
    /// The network; none until it was attached for the first time.
    pub network: Option<NetworkId>,
    /// What was asked.
    pub spec: EndpointSpec,
    /// Present while the container's sandbox exists.
    pub lease: Option<EndpointLease>,
}

/// What a live attachment holds on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointLease {
    /// Identifies the attachment; also names its host interface.
    pub id: EndpointId,
    /// Address in the network's subnet.
    pub address: Ipv4Addr,
    /// Hardware address, for example `02:42:ac:11:00:02`.
    pub mac: String,
    /// Name of the host's end of the veth pair.
    pub host_interface: String,
    /// Ports published on the host for this attachment.
    pub ports: Vec<PublishedPort>,
}

/// A port to publish: the container's, and where on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishSpec {
    /// The container's port.
    pub container: crate::port::Port,
    /// Host address; none for every address.
    pub host_ip: Option<IpAddr>,
    /// Inclusive range to choose a host port from; none for an ephemeral port.
    pub host_ports: Option<(u16, u16)>,
}
