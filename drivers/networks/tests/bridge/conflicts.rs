//! Ports that are taken: Docker's words, and nothing changed.

use std::net::{Ipv4Addr, TcpListener};

use palan_contracts::NetworkDriver;
use palan_model::ErrorKind;

use super::world::*;

fn state(world: &World) -> (String, Vec<String>) {
    until("old interfaces are gone", || world.interfaces().len() <= 1);
    (run("nft list ruleset"), world.interfaces())
}

#[test]
fn another_containers_port() {
    in_new_host(|world| {
        let _holder = world.start(&[publish("8080:80")]);
        let before = state(&world);
        let error = world
            .try_start(&[publish("8090:80"), publish("8080:80")])
            .err()
            .expect("conflict");
        assert_eq!(
            error.chain(),
            "Bind for 0.0.0.0:8080 failed: port is already allocated"
        );
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(state(&world), before);
        // 8090 was given back.
        world.start(&[publish("8090:80"), publish("8080:80/udp")]);
    });
}

#[test]
fn a_port_of_a_process_of_the_host() {
    in_new_host(|world| {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8080)).expect("listen");
        let before = state(&world);
        let error = world
            .try_start(&[publish("8080:80")])
            .err()
            .expect("conflict");
        assert_eq!(
            error.chain(),
            "listen tcp4 0.0.0.0:8080: bind: address already in use"
        );
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let error = world
            .try_start(&[publish("10.9.0.7:80:80")])
            .err()
            .expect("no such address");
        assert_eq!(
            error.chain(),
            "listen tcp4 10.9.0.7:80: bind: cannot assign requested address"
        );
        assert_eq!(state(&world), before);
        drop(listener);
        world.start(&[publish("8080:80")]);
        assert!(
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8080)).is_err(),
            "the port is ours now"
        );
    });
}

#[test]
fn ranges_and_ephemeral_ports() {
    in_new_host(|world| {
        let _taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 7001)).expect("listen");
        let ports = |s: &Sandbox| {
            s.lease
                .ports
                .iter()
                .map(|p| p.host_port)
                .collect::<Vec<_>>()
        };
        let range = || [publish("7000-7002:80")];
        assert_eq!(ports(&world.start(&range())), [7000]);
        assert_eq!(ports(&world.start(&range())), [7002]);
        assert!(world.try_start(&range()).is_err());
        assert_eq!(
            ports(&world.start(&[publish("80"), publish("81")])),
            [49153, 49154]
        );
        let next = world.start(&[publish("80"), publish("80/udp")]);
        assert_eq!(ports(&next), [49155, 49153]);
        world.detach(&next);
        assert_eq!(ports(&world.start(&[publish("80")])), [49156]);
    });
}

#[test]
fn what_makes_no_sense_is_refused() {
    in_new_host(|world| {
        let before = state(&world);
        for change in [
            |s: &mut palan_contracts::AttachmentSpec| s.mac = Some("02:42".to_owned()),
            |s: &mut palan_contracts::AttachmentSpec| s.mac = Some("01:00:5e:00:00:01".to_owned()),
            |s: &mut palan_contracts::AttachmentSpec| s.interface = "lo".to_owned(),
            |s: &mut palan_contracts::AttachmentSpec| {
                s.interface = "far-too-long-a-name".to_owned()
            },
        ] {
            let mut spec = world.spec(&[publish("8080:80")]);
            change(&mut spec);
            let error = world
                .try_start_on(&world.network, spec)
                .err()
                .expect("refused");
            eprintln!("{}", error.chain());
            until("no interface is left", || world.interfaces().is_empty());
            assert_eq!(state(&world), before);
        }
        let mut none = network("none", 19);
        none.bridge = None;
        assert!(world.try_start_on(&none, world.spec(&[])).is_err());
        assert!(world.wait(world.driver.ensure_network(&none)).is_ok());
        let mut wild = network("a/b", 19);
        wild.name = "wild".to_owned();
        assert!(world.wait(world.driver.ensure_network(&wild)).is_err());
        let lo = network("up0", 19);
        assert!(world.wait(world.driver.ensure_network(&lo)).is_err());
    });
}
