//! A bridge's table of which hardware address is behind which port.

use crate::names::MacAddress;
use crate::netlink::Message;

/// Bytes of `struct ndmsg`.
const NEIGHBOUR: usize = 12;
/// Create, or take over from another port.
const REPLACE: u16 = (libc::NLM_F_CREATE | libc::NLM_F_REPLACE) as u16;

/// The request that tells a bridge on which of its ports a container lives.
///
/// The bridge would learn it from the container's first frame. Until then frames to a container that
/// was restarted with its old address would go to the port of its past life, which the kernel takes
/// some 30 ms to remove.
#[must_use]
pub fn pin_to_port(port: u32, mac: MacAddress) -> Message {
    let mut header = [0; NEIGHBOUR];
    header[0] = libc::AF_BRIDGE as u8;
    header[4..8].copy_from_slice(&port.to_ne_bytes());
    header[8..10].copy_from_slice(&libc::NUD_NOARP.to_ne_bytes());
    header[10] = libc::NTF_MASTER;
    Message::new(libc::RTM_NEWNEIGH, REPLACE, &header).with(|a| {
        a.put(libc::NDA_LLADDR, &mac.0);
    })
}
