use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::OwnedFd;

use palan_model::network::PublishSpec;
use palan_model::port::{Port, Protocol, PublishedPort};
use proptest::prelude::*;
use rustix::io::Errno;

use super::*;

/// A host on which only these ports are taken, and all addresses are its own.
fn host(taken: &[u16]) -> impl FnMut(Protocol, Ipv4Addr, u16) -> Result<Option<OwnedFd>, Errno> {
    move |_, _, port| {
        if taken.contains(&port) {
            Err(Errno::ADDRINUSE)
        } else {
            Ok(None)
        }
    }
}

fn spec(number: u16, host_ports: Option<(u16, u16)>) -> PublishSpec {
    let container = Port {
        number,
        protocol: Protocol::Tcp,
    };
    PublishSpec {
        container,
        host_ip: None,
        host_ports,
    }
}

fn numbers(ports: &[PublishedPort]) -> Vec<u16> {
    ports.iter().map(|p| p.host_port).collect()
}

#[test]
fn fixed_ports_come_first_whatever_their_place() {
    let mut table = PortTable::new(100..=103);
    let specs = [
        spec(80, None),
        spec(81, Some((100, 102))),
        spec(82, Some((100, 100))),
    ];
    let ports = table.reserve(&specs, &mut host(&[])).expect("ports");
    assert_eq!(numbers(&ports), [102, 101, 100]);
    assert_eq!(ports[0].container.number, 80);
}

#[test]
fn ephemeral_ports_go_round() {
    let mut table = PortTable::new(100..=102);
    let mut next = || {
        let ports = table
            .reserve(&[spec(80, None)], &mut host(&[101]))
            .expect("port");
        table.release(&ports[0]);
        ports[0].host_port
    };
    assert_eq!([next(), next(), next()], [100, 102, 100]);
}

#[test]
fn errors_have_dockers_words() {
    let mut table = PortTable::new(100..=101);
    let one = [spec(80, Some((8080, 8080)))];
    table.reserve(&one, &mut host(&[])).expect("port");
    let text =
        |result: crate::error::Result<Vec<PublishedPort>>| result.expect_err("taken").to_string();
    assert_eq!(
        text(table.reserve(&one, &mut host(&[]))),
        "Bind for 0.0.0.0:8080 failed: port is already allocated"
    );
    let mut udp = spec(53, Some((53, 53)));
    udp.container.protocol = Protocol::Udp;
    assert_eq!(
        text(table.reserve(&[udp], &mut host(&[53]))),
        "listen udp4 0.0.0.0:53: bind: address already in use"
    );
    let all = [spec(80, None), spec(81, None), spec(82, None)];
    assert_eq!(
        text(table.reserve(&all, &mut host(&[]))),
        "Bind for 0.0.0.0:100-101 failed: all ports are allocated"
    );
    let mut six = spec(80, Some((80, 80)));
    six.host_ip = Some("::1".parse().expect("address"));
    assert!(table.reserve(&[six], &mut host(&[])).is_err());
}

#[test]
fn a_restored_port_is_taken_even_if_the_host_has_it() {
    let mut table = PortTable::new(100..=101);
    let port = PublishedPort {
        container: Port {
            number: 80,
            protocol: Protocol::Tcp,
        },
        host_ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        host_port: 8080,
    };
    table.restore(&port, &mut host(&[8080]));
    assert!(
        table
            .reserve(&[spec(80, Some((8080, 8080)))], &mut host(&[]))
            .is_err()
    );
    table.clear();
    assert!(
        table
            .reserve(&[spec(80, Some((8080, 8080)))], &mut host(&[]))
            .is_ok()
    );
}

fn specs() -> impl Strategy<Value = Vec<PublishSpec>> {
    let ports =
        prop::option::of((95u16..112, 0u16..4).prop_map(|(first, more)| (first, first + more)));
    let address = prop::option::of((0u8..2).prop_map(|n| IpAddr::V4(Ipv4Addr::new(127, 0, 0, n))));
    let one = (ports, address).prop_map(|(ports, host_ip)| PublishSpec {
        host_ip,
        ..spec(80, ports)
    });
    prop::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn all_or_nothing_and_nothing_twice(
        requests in prop::collection::vec(specs(), 1..8),
        taken in prop::collection::vec(95u16..112, 0..4),
    ) {
        let mut table = PortTable::new(100..=108);
        let mut held: HashSet<(IpAddr, u16)> = HashSet::new();
        for request in &requests {
            let Ok(ports) = table.reserve(request, &mut host(&taken)) else { continue };
            prop_assert_eq!(ports.len(), request.len());
            for (port, spec) in ports.iter().zip(request) {
                prop_assert!(held.insert((port.host_ip, port.host_port)), "given twice");
                prop_assert!(!taken.contains(&port.host_port));
                let (first, last) = spec.host_ports.unwrap_or((100, 108));
                prop_assert!((first..=last).contains(&port.host_port));
            }
        }
        // What failed left nothing behind: everything that is not held can be had.
        for port in (95..116).filter(|p| !taken.contains(p)) {
            let free = !held.contains(&(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port));
            let got = table.reserve(&[spec(80, Some((port, port)))], &mut host(&[])).is_ok();
            prop_assert_eq!(got, free);
        }
    }
}
