use std::os::fd::AsFd;

use proptest::prelude::*;

use super::address::{read_address, read_route};
use super::link::read_link;
use super::*;
use crate::names::MacAddress;
use crate::netlink::{AttributeReader, Message};

fn body(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(1, 0, &mut bytes);
    bytes.split_off(16)
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (read_link(&bytes), read_address(&bytes), read_route(&bytes));
    }

    #[test]
    fn addresses_are_read_as_written(address in any::<u32>(), prefix in 0u8..=32, index in any::<u32>()) {
        let message = add_address(index, address.into(), prefix);
        let subnet = read_address(&body(&message)).expect("an address");
        prop_assert_eq!(subnet.prefix, prefix);
        prop_assert!(subnet.contains(address.into()));
        prop_assert_eq!(u32::from(subnet.address) & !subnet.mask(), 0);
    }
}

#[test]
fn one_message_makes_the_pair_in_its_places() {
    let file = std::fs::File::open("/proc/self/ns/net").expect("namespace");
    let message = create_veth(&Veth {
        host: "pln-0123456789a",
        master: 7,
        mtu: 1400,
        peer: "eth0",
        mac: MacAddress([2, 0x42, 1, 2, 3, 4]),
        sandbox: file.as_fd(),
    });
    let link = read_link(&body(&message)).expect("a link");
    assert_eq!(link.name, "pln-0123456789a");
    assert_eq!(
        (link.master, link.up, link.kind.as_deref()),
        (Some(7), true, Some("veth"))
    );
    let bytes = body(&message);
    let info = AttributeReader::new(&bytes[16..])
        .nested(libc::IFLA_LINKINFO)
        .expect("info");
    let peer = info
        .nested(libc::IFLA_INFO_DATA)
        .expect("data")
        .value(1)
        .expect("peer");
    let peer_link = read_link(peer).expect("a link");
    assert_eq!((peer_link.name.as_str(), peer_link.up), ("eth0", false));
    let attributes = AttributeReader::new(&peer[16..]);
    assert_eq!(
        attributes.value(libc::IFLA_ADDRESS),
        Some(&[2, 0x42, 1, 2, 3, 4][..])
    );
    assert_eq!(attributes.u32(libc::IFLA_MTU), Some(1400));
    assert!(attributes.u32(libc::IFLA_NET_NS_FD).is_some());
}
