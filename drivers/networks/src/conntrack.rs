//! The kernel's list of connections (`NFNL_SUBSYS_CTNETLINK`): forgetting UDP flows that lead to a
//! container that is gone, or past one that has come.
//!
//! A UDP flow has no end that the kernel could see. As long as packets come, it keeps the translation
//! that its first packet got.

use std::net::Ipv4Addr;

use rustix::io::Errno;
use rustix::net::netlink;

use crate::netlink::{AttributeReader, Attributes, Message, NetlinkError, Socket};

const SUBSYSTEM: u16 = 1;
const GET: u16 = SUBSYSTEM << 8 | 1;
const DELETE: u16 = SUBSYSTEM << 8 | 2;
/// `struct nfgenmsg` for IPv4.
const HEADER: [u8; 4] = [libc::AF_INET as u8, 0, 0, 0];

const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const ID: u16 = 12;
const ZONE: u16 = 18;
const FILTER: u16 = 25;
const FILTER_ORIGINAL: u16 = 1;
const FILTER_REPLY: u16 = 2;
/// `CTA_FILTER_F_CTA_IP_SRC`, `.._PROTO_NUM` and `.._PROTO_DST_PORT` of the kernel's
/// `nf_internals.h`: which parts of a tuple a list is filtered by (since Linux 5.8).
const BY_SOURCE: u32 = 1 << 0;
const BY_PROTOCOL: u32 = 1 << 3;
const BY_DESTINATION_PORT: u32 = 1 << 5;

const TUPLE_IP: u16 = 1;
const TUPLE_PROTOCOL: u16 = 2;
const IP_SOURCE: u16 = 1;
const PROTOCOL_NUMBER: u16 = 1;
const DESTINATION_PORT: u16 = 3;
const UDP: u8 = 17;

/// Which UDP flows to forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flows {
    /// Those that a container began.
    From(Ipv4Addr),
    /// Those that a container answers.
    To(Ipv4Addr),
    /// Those that somebody began to this port, of whatever address.
    ToPort(u16),
}

impl Flows {
    fn tuple(self) -> u16 {
        match self {
            Self::From(_) | Self::ToPort(_) => TUPLE_ORIGINAL,
            Self::To(_) => TUPLE_REPLY,
        }
    }

    fn put_filter(self, a: &mut Attributes) {
        a.nest(self.tuple(), |tuple| {
            if let Self::From(address) | Self::To(address) = self {
                tuple.nest(TUPLE_IP, |ip| {
                    ip.put(IP_SOURCE, &address.octets());
                });
            }
            tuple.nest(TUPLE_PROTOCOL, |protocol| {
                protocol.put_u8(PROTOCOL_NUMBER, UDP);
                if let Self::ToPort(port) = self {
                    protocol.put(DESTINATION_PORT, &port.to_be_bytes());
                }
            });
        });
        let flags = match self {
            Self::From(_) | Self::To(_) => BY_SOURCE | BY_PROTOCOL,
            Self::ToPort(_) => BY_DESTINATION_PORT | BY_PROTOCOL,
        };
        let (original, reply) = match self.tuple() {
            TUPLE_ORIGINAL => (flags, 0),
            _ => (0, flags),
        };
        a.nest(FILTER, |f| {
            f.put_u32(FILTER_ORIGINAL, original)
                .put_u32(FILTER_REPLY, reply);
        });
    }

    /// Whether a listed flow is one of these: kernels before 5.8 do not filter.
    fn matches(self, flow: &AttributeReader<'_>) -> bool {
        let Some(tuple) = flow.nested(self.tuple()) else {
            return false;
        };
        let protocol = tuple.nested(TUPLE_PROTOCOL);
        let of_protocol = |kind| protocol.as_ref().and_then(|p| p.value(kind));
        let source = tuple.nested(TUPLE_IP).and_then(|ip| ip.value(IP_SOURCE));
        of_protocol(PROTOCOL_NUMBER) == Some(&[UDP])
            && match self {
                Self::From(address) | Self::To(address) => source == Some(&address.octets()),
                Self::ToPort(port) => of_protocol(DESTINATION_PORT) == Some(&port.to_be_bytes()),
            }
    }
}

/// A connection to the list of the network namespace in which it was opened.
#[derive(Debug)]
pub struct Conntrack {
    socket: Socket,
}

impl Conntrack {
    /// Connects to the calling thread's network namespace.
    ///
    /// # Errors
    /// The kernel's.
    pub fn open() -> Result<Self, NetlinkError> {
        let socket = Socket::open(Some(netlink::NETFILTER))?;
        Ok(Self { socket })
    }

    /// Forgets flows and tells how many: their next packets are looked at anew.
    ///
    /// # Errors
    /// The kernel's.
    pub fn forget(&mut self, flows: Flows) -> Result<usize, NetlinkError> {
        let list = Message::new(GET, 0, &HEADER).with(|a| flows.put_filter(a));
        let mut deletions = Vec::new();
        self.socket
            .dump(&list, |body| deletions.extend(deletion(body, flows)))?;
        for deletion in &deletions {
            match self.socket.request(std::slice::from_ref(deletion)) {
                // It ended by itself meanwhile.
                Err((_, error)) if !error.is(Errno::NOENT) => return Err(error),
                _ => {}
            }
        }
        Ok(deletions.len())
    }
}

/// The request that deletes a listed flow, if it is one of those meant.
fn deletion(body: &[u8], flows: Flows) -> Option<Message> {
    let flow = AttributeReader::new(body.get(HEADER.len()..)?);
    if !flows.matches(&flow) {
        return None;
    }
    let original = flow.value(TUPLE_ORIGINAL)?;
    Some(Message::new(DELETE, 0, &HEADER).with(|a| {
        a.nest(TUPLE_ORIGINAL, |tuple| {
            tuple.raw(original);
        });
        for kind in [ID, ZONE] {
            if let Some(value) = flow.value(kind) {
                a.put(kind, value);
            }
        }
    }))
}
