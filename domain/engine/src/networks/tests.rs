//! Addresses.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use palan_model::ContainerId;
use palan_model::id::EndpointId;
use palan_model::network::{BridgeSpec, EndpointLease, Subnet};
use proptest::prelude::*;

use super::ipam::{Leases, lowest_free};

fn bridge(prefix: u8) -> BridgeSpec {
    let address = Ipv4Addr::new(10, 1, 2, 0);
    BridgeSpec {
        interface: "test0".to_owned(),
        subnet: Subnet { address, prefix },
        gateway: Ipv4Addr::new(10, 1, 2, 1),
        mtu: 1500,
    }
}

fn lease(address: Ipv4Addr) -> EndpointLease {
    EndpointLease {
        id: EndpointId::random(),
        address,
        mac: String::new(),
        host_interface: String::new(),
        ports: vec![],
    }
}

#[derive(Clone, Debug)]
enum Step {
    Reserve(Option<u8>),
    /// The oldest reservation ends in an attachment, or fails.
    Settle(bool),
    /// The n-th container leaves.
    GiveBack(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::option::weighted(0.3, any::<u8>()).prop_map(Step::Reserve),
        3 => any::<bool>().prop_map(Step::Settle),
        1 => any::<usize>().prop_map(Step::GiveBack),
    ]
}

proptest! {
    #[test]
    fn no_address_is_given_twice(prefix in 24_u8..=32, steps in proptest::collection::vec(step(), 0..200)) {
        let bridge = bridge(prefix);
        let usable = (1_u32 << (32 - prefix)).saturating_sub(3);
        let mut leases = Leases::default();
        let mut waiting: Vec<Ipv4Addr> = vec![];
        let mut attached: Vec<(ContainerId, EndpointLease)> = vec![];
        for step in steps {
            match step {
                Step::Reserve(last) => {
                    let wanted = last.map(|last| Ipv4Addr::new(10, 1, 2, last));
                    let taken: BTreeSet<_> = waiting
                        .iter()
                        .copied()
                        .chain(attached.iter().map(|(_, lease)| lease.address))
                        .collect();
                    match leases.reserve("net", &bridge, wanted) {
                        Ok(address) => {
                            prop_assert!(!taken.contains(&address));
                            prop_assert!(address != bridge.gateway);
                            prop_assert!(!bridge.subnet.reserved().contains(&address));
                            prop_assert!(bridge.subnet.contains(address));
                            prop_assert!(wanted.is_none_or(|wanted| wanted == address));
                            waiting.push(address);
                        }
                        Err(error) if wanted.is_none() => {
                            prop_assert_eq!(taken.len() as u32, usable, "{}", error);
                        }
                        Err(_) => {}
                    }
                }
                Step::Settle(attaches) if !waiting.is_empty() => {
                    let address = waiting.remove(0);
                    leases.settle(address);
                    if attaches {
                        let (id, lease) = (ContainerId::random(), lease(address));
                        leases.hold(&id, "web", &lease);
                        attached.push((id, lease));
                    }
                }
                Step::GiveBack(index) if !attached.is_empty() => {
                    let (id, lease) = attached.remove(index % attached.len());
                    leases.give_back(&id, &lease);
                    leases.give_back(&id, &lease);
                }
                Step::Settle(_) | Step::GiveBack(_) => {}
            }
            prop_assert_eq!(leases.held().count(), attached.len());
        }
    }
}

#[test]
fn the_lowest_address_comes_first() {
    let subnet = |prefix| bridge(prefix).subnet;
    let none = BTreeSet::new();
    assert_eq!(
        lowest_free(subnet(24), &none),
        Some(Ipv4Addr::new(10, 1, 2, 1))
    );
    let used = [1, 2, 4].map(|last| Ipv4Addr::new(10, 1, 2, last)).into();
    assert_eq!(
        lowest_free(subnet(24), &used),
        Some(Ipv4Addr::new(10, 1, 2, 3))
    );
    assert_eq!(lowest_free(subnet(31), &none), None);
    assert_eq!(lowest_free(subnet(32), &none), None);
    assert_eq!(lowest_free(subnet(30), &used), None);
}

#[test]
fn refusals_say_why() {
    let mut leases = Leases::default();
    let bridge = bridge(29);
    let mut reserve = |address: &str| {
        let address = address.parse().unwrap();
        let reserved = leases.reserve("net", &bridge, Some(address));
        reserved.map_err(|error| error.to_string())
    };
    for taken in ["10.1.2.0", "10.1.2.1", "10.1.2.7"] {
        assert_eq!(reserve(taken).unwrap_err(), "Address already in use");
    }
    assert_eq!(
        reserve("10.1.2.9").unwrap_err(),
        "no configured subnet contains IP address 10.1.2.9"
    );
    reserve("10.1.2.5").unwrap();
    assert_eq!(reserve("10.1.2.5").unwrap_err(), "Address already in use");
    for _ in 0..4 {
        leases.reserve("net", &bridge, None).unwrap();
    }
    let error = leases.reserve("net", &bridge, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no available IPv4 addresses on network net"
    );
}

#[test]
fn an_old_lease_does_not_end_a_new_one() {
    let mut leases = Leases::default();
    let id = ContainerId::random();
    let [old, new] = [2, 3].map(|last| lease(Ipv4Addr::new(10, 1, 2, last)));
    leases.hold(&id, "web", &old);
    leases.hold(&id, "web", &new);
    leases.give_back(&id, &old);
    leases.rename(&id, "other");
    let held: Vec<_> = leases.held().collect();
    assert_eq!(held, [(&id, "other", &new)]);
}
