use std::net::Ipv4Addr;

use palan_model::port::{Port, Protocol, PublishedPort};
use proptest::prelude::*;

use super::*;

fn published(host_ip: &str, host_port: u16, number: u16) -> PublishedPort {
    PublishedPort {
        container: Port {
            number,
            protocol: Protocol::Tcp,
        },
        host_ip: host_ip.parse().expect("address"),
        host_port,
    }
}

fn bridge(name: &str, third: u8) -> BridgeSpec {
    BridgeSpec {
        interface: name.to_owned(),
        subnet: Subnet {
            address: Ipv4Addr::new(172, third, 0, 0),
            prefix: 16,
        },
        gateway: Ipv4Addr::new(172, third, 0, 1),
        mtu: 1500,
    }
}

#[test]
fn a_wildcard_port_and_one_of_an_address_are_in_different_maps() {
    let container = Ipv4Addr::new(172, 17, 0, 2);
    let wildcard = Mapping::new(container, &published("0.0.0.0", 8080, 80)).expect("IPv4");
    assert_eq!(wildcard.set(), "ports");
    assert_eq!(wildcard.element().key, [6, 0, 0, 0, 0x1f, 0x90, 0, 0]);
    assert_eq!(
        wildcard.element().value,
        Value::Bytes(vec![172, 17, 0, 2, 0, 80, 0, 0])
    );
    let local = Mapping::new(container, &published("127.0.0.1", 8080, 80)).expect("IPv4");
    assert_eq!(local.set(), "host_ports");
    assert_eq!(
        local.element().key,
        [127, 0, 0, 1, 6, 0, 0, 0, 0x1f, 0x90, 0, 0]
    );
    assert_eq!(Mapping::new(container, &published("::", 8080, 80)), None);
}

#[test]
fn no_ports_no_batch() {
    assert!(plan_publish("t", &[]).is_empty());
    assert!(plan_withdraw("t", &[]).is_empty());
}

#[test]
fn nothing_wanted_is_no_table() {
    let nothing = Wanted::default();
    let mut expected = Batch::new("t");
    expected.add_table().delete_table();
    assert_eq!(plan_replace("t", &nothing), expected);
}

#[test]
fn replacing_is_deleting_and_ensuring() {
    let mut wanted = Wanted::default();
    wanted.bridges.insert("b".to_owned(), bridge("b", 17));
    let replace = plan_replace("t", &wanted).finish();
    let ensure = plan_ensure("t", &wanted).finish();
    assert_eq!(replace.len(), ensure.len() + 2);
    assert_eq!(replace[3..], ensure[1..]);
}

proptest! {
    #[test]
    fn interface_names_are_read_from_keys(name in "[a-z0-9-]{1,15}") {
        prop_assert_eq!(interface_of(&interface_key(&name)), name);
    }

    #[test]
    fn ranges_cover_their_subnets(address in any::<u32>(), prefix in 1u8..=32) {
        let mask = Subnet { address: Ipv4Addr::UNSPECIFIED, prefix }.mask();
        let subnet = Subnet { address: Ipv4Addr::from(address & mask), prefix };
        let (first, end) = range(subnet);
        prop_assert_eq!(&first[..], &subnet.address.octets()[..]);
        let number = |bytes: Vec<u8>| u32::from_be_bytes(bytes.try_into().expect("four bytes"));
        match end {
            Some(end) => {
                let end = number(end);
                prop_assert!(subnet.contains((end - 1).into()) && !subnet.contains(end.into()));
            }
            None => prop_assert!(subnet.contains(Ipv4Addr::BROADCAST)),
        }
    }
}
