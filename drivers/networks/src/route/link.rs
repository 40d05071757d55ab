//! Interfaces: bridges and veth pairs.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::names::MacAddress;
use crate::netlink::{AttributeReader, Attributes, Message, NetlinkError, Socket};

/// `VETH_INFO_PEER` of `linux/veth.h`.
const VETH_INFO_PEER: u16 = 1;
/// `IFLA_BRPORT_MODE` of `linux/if_link.h`: whether a bridge port reflects frames to itself.
const BRPORT_MODE: u16 = 4;
/// Create, and fail if it is there.
const CREATE: u16 = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
/// Bytes of `struct ifinfomsg`.
const IFINFO: usize = 16;
/// `IFF_UP`, as the wire has it.
const UP: u32 = libc::IFF_UP as u32;
/// `IF_OPER_UP` of `linux/if.h`: the interface passes packets.
const OPER_UP: u8 = 6;

/// An interface as the kernel shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Number, unique in its namespace.
    pub index: u32,
    /// Name.
    pub name: String,
    /// Whether it was brought up.
    pub up: bool,
    /// Whether it passes packets now.
    pub running: bool,
    /// `bridge`, `veth` and so on; none for hardware.
    pub kind: Option<String>,
    /// The bridge (or the like) that it is a port of.
    pub master: Option<u32>,
}

/// A veth pair to make: one end on the host, the other in a container's namespace.
#[derive(Debug)]
pub struct Veth<'a> {
    /// Name of the host's end.
    pub host: &'a str,
    /// Bridge that the host's end becomes a port of.
    pub master: u32,
    /// Bytes.
    pub mtu: u32,
    /// Name of the container's end.
    pub peer: &'a str,
    /// Hardware address of the container's end.
    pub mac: MacAddress,
    /// The container's namespace.
    pub sandbox: BorrowedFd<'a>,
}

/// `struct ifinfomsg`: family, index, flags and which of them to change.
fn ifinfo(index: u32, flags: u32) -> [u8; IFINFO] {
    let mut bytes = [0; IFINFO];
    bytes[4..8].copy_from_slice(&index.to_ne_bytes());
    bytes[8..12].copy_from_slice(&flags.to_ne_bytes());
    bytes[12..16].copy_from_slice(&flags.to_ne_bytes());
    bytes
}

/// The request that makes a bridge and brings it up.
#[must_use]
pub fn create_bridge(name: &str, mac: MacAddress, mtu: u32) -> Message {
    Message::new(libc::RTM_NEWLINK, CREATE, &ifinfo(0, UP)).with(|a| {
        a.put_text(libc::IFLA_IFNAME, name)
            .put(libc::IFLA_ADDRESS, &mac.0)
            .put_u32(libc::IFLA_MTU, mtu)
            .nest(libc::IFLA_LINKINFO, |info| {
                info.put_text(libc::IFLA_INFO_KIND, "bridge");
            });
    })
}

/// The request that makes a veth pair: the host's end a port of its bridge and up, the other end in
/// the container's namespace and still down.
#[must_use]
pub fn create_veth(veth: &Veth<'_>) -> Message {
    let sandbox = veth.sandbox.as_raw_fd().cast_unsigned();
    let peer = |a: &mut Attributes| {
        a.raw(&ifinfo(0, 0))
            .put_text(libc::IFLA_IFNAME, veth.peer)
            .put(libc::IFLA_ADDRESS, &veth.mac.0)
            .put_u32(libc::IFLA_MTU, veth.mtu)
            .put_u32(libc::IFLA_NUM_TX_QUEUES, 1)
            .put_u32(libc::IFLA_NUM_RX_QUEUES, 1)
            .put_u32(libc::IFLA_NET_NS_FD, sandbox);
    };
    Message::new(libc::RTM_NEWLINK, CREATE, &ifinfo(0, UP)).with(|a| {
        a.put_text(libc::IFLA_IFNAME, veth.host)
            .put_u32(libc::IFLA_MTU, veth.mtu)
            .put_u32(libc::IFLA_NUM_TX_QUEUES, 1)
            .put_u32(libc::IFLA_NUM_RX_QUEUES, 1)
            .put_u32(libc::IFLA_MASTER, veth.master)
            .nest(libc::IFLA_LINKINFO, |info| {
                info.put_text(libc::IFLA_INFO_KIND, "veth")
                    .nest(libc::IFLA_INFO_DATA, |data| {
                        data.nest(VETH_INFO_PEER, peer);
                    });
            });
    })
}

/// The request that lets a bridge send frames back to the port they came from: a container reaches
/// itself through its published port even where `br_netfilter` translates bridged frames.
#[must_use]
pub fn reflect(name: &str) -> Message {
    Message::new(libc::RTM_NEWLINK, 0, &ifinfo(0, 0)).with(|a| {
        a.put_text(libc::IFLA_IFNAME, name)
            .nest(libc::IFLA_LINKINFO, |info| {
                info.put_text(libc::IFLA_INFO_SLAVE_KIND, "bridge").nest(
                    libc::IFLA_INFO_SLAVE_DATA,
                    |data| {
                        data.put_u8(BRPORT_MODE, 1);
                    },
                );
            });
    })
}

/// The request that brings an interface up.
#[must_use]
pub fn set_up(index: u32) -> Message {
    Message::new(libc::RTM_NEWLINK, 0, &ifinfo(index, UP))
}

/// The request that makes an interface a port of a bridge, and brings it up.
#[must_use]
pub fn set_master(index: u32, master: u32) -> Message {
    Message::new(libc::RTM_NEWLINK, 0, &ifinfo(index, UP)).with(|a| {
        a.put_u32(libc::IFLA_MASTER, master);
    })
}

/// The request that deletes an interface, for a veth its other end as well. The kernel takes some
/// 25 ms over it: not for the start path.
#[must_use]
pub fn delete_link(index: u32) -> Message {
    Message::new(libc::RTM_DELLINK, 0, &ifinfo(index, 0))
}

/// The interface of this name. Asking also makes the kernel finish what is pending for it (since
/// Linux 6.8): a veth end whose other end just came up passes packets afterwards.
///
/// # Errors
/// The kernel's.
pub fn find_link(socket: &mut Socket, name: &str) -> Result<Option<Link>, NetlinkError> {
    let message = Message::new(libc::RTM_GETLINK, 0, &ifinfo(0, 0)).with(|a| {
        a.put_text(libc::IFLA_IFNAME, name);
        a.put_u32(
            libc::IFLA_EXT_MASK,
            libc::RTEXT_FILTER_SKIP_STATS.cast_unsigned(),
        );
    });
    match socket.get(&message, read_link) {
        Ok(link) => Ok(link),
        Err(error) if error.is(rustix::io::Errno::NODEV) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All interfaces of the namespace.
///
/// # Errors
/// The kernel's.
pub fn links(socket: &mut Socket) -> Result<Vec<Link>, NetlinkError> {
    let message = Message::new(libc::RTM_GETLINK, 0, &ifinfo(0, 0)).with(|a| {
        a.put_u32(
            libc::IFLA_EXT_MASK,
            libc::RTEXT_FILTER_SKIP_STATS.cast_unsigned(),
        );
    });
    let mut links = Vec::new();
    socket.dump(&message, |body| links.extend(read_link(body)))?;
    Ok(links)
}

pub(super) fn read_link(body: &[u8]) -> Option<Link> {
    let (head, attributes) = body.split_at_checked(IFINFO)?;
    let attributes = AttributeReader::new(attributes);
    let word = |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    Some(Link {
        index: word(4),
        name: attributes.text(libc::IFLA_IFNAME)?,
        up: word(8) & UP != 0,
        running: attributes.value(libc::IFLA_OPERSTATE) == Some(&[OPER_UP]),
        kind: attributes
            .nested(libc::IFLA_LINKINFO)
            .and_then(|info| info.text(libc::IFLA_INFO_KIND)),
        master: attributes.u32(libc::IFLA_MASTER),
    })
}
