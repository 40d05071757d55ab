//! IPv4 addresses and routes.

use std::net::Ipv4Addr;

use palan_model::network::Subnet;

use crate::netlink::{AttributeReader, Message, NetlinkError, Socket};

/// Create, and fail if it is there.
const CREATE: u16 = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
/// Bytes of `struct ifaddrmsg`.
const IFADDR: usize = 8;
/// Bytes of `struct rtmsg`.
const ROUTE: usize = 12;

/// The request that gives an interface an address, which also makes the route to its subnet.
#[must_use]
pub fn add_address(index: u32, address: Ipv4Addr, prefix: u8) -> Message {
    let mask = Subnet { address, prefix }.mask();
    let broadcast = Ipv4Addr::from(u32::from(address) | !mask);
    let mut header = [0; IFADDR];
    header[0] = libc::AF_INET as u8;
    header[1] = prefix;
    header[3] = libc::RT_SCOPE_UNIVERSE;
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    Message::new(libc::RTM_NEWADDR, CREATE, &header).with(|a| {
        a.put(libc::IFA_LOCAL, &address.octets())
            .put(libc::IFA_ADDRESS, &address.octets());
        if prefix < 31 {
            a.put(libc::IFA_BROADCAST, &broadcast.octets());
        }
    })
}

/// The request that sends everything without a route of its own to this gateway.
#[must_use]
pub fn add_default_route(gateway: Ipv4Addr) -> Message {
    let mut header = [0; ROUTE];
    header[0] = libc::AF_INET as u8;
    header[4] = libc::RT_TABLE_MAIN;
    header[5] = libc::RTPROT_BOOT;
    header[6] = libc::RT_SCOPE_UNIVERSE;
    header[7] = libc::RTN_UNICAST;
    Message::new(libc::RTM_NEWROUTE, CREATE, &header).with(|a| {
        a.put(libc::RTA_GATEWAY, &gateway.octets());
    })
}

/// The IPv4 addresses of the namespace, with their subnets.
///
/// # Errors
/// The kernel's.
pub fn addresses(socket: &mut Socket) -> Result<Vec<Subnet>, NetlinkError> {
    let mut header = [0; IFADDR];
    header[0] = libc::AF_INET as u8;
    let mut found = Vec::new();
    socket.dump(&Message::new(libc::RTM_GETADDR, 0, &header), |body| {
        found.extend(read_address(body));
    })?;
    Ok(found)
}

/// Where the IPv4 routes of the namespace lead, those of all its tables. A prefix of 0 is a default
/// route.
///
/// # Errors
/// The kernel's.
pub fn routes(socket: &mut Socket) -> Result<Vec<Subnet>, NetlinkError> {
    let mut header = [0; ROUTE];
    header[0] = libc::AF_INET as u8;
    let mut found = Vec::new();
    socket.dump(&Message::new(libc::RTM_GETROUTE, 0, &header), |body| {
        found.extend(read_route(body));
    })?;
    Ok(found)
}

pub(super) fn read_address(body: &[u8]) -> Option<Subnet> {
    let (head, attributes) = body.split_at_checked(IFADDR)?;
    let value = AttributeReader::new(attributes).value(libc::IFA_LOCAL)?;
    subnet(value, head[1])
}

pub(super) fn read_route(body: &[u8]) -> Option<Subnet> {
    let (head, attributes) = body.split_at_checked(ROUTE)?;
    let attributes = AttributeReader::new(attributes);
    let destination = attributes.value(libc::RTA_DST).unwrap_or(&[0; 4]);
    subnet(destination, head[1])
}

fn subnet(address: &[u8], prefix: u8) -> Option<Subnet> {
    let address = u32::from_be_bytes(address.try_into().ok()?);
    if prefix > 32 {
        return None;
    }
    let mask = Subnet {
        address: Ipv4Addr::UNSPECIFIED,
        prefix,
    }
    .mask();
    Some(Subnet {
        address: Ipv4Addr::from(address & mask),
        prefix,
    })
}
