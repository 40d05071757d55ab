//! Containers among themselves, to the outside, and from it.

use std::net::Ipv4Addr;
use std::os::fd::AsFd;

use palan_contracts::NetworkDriver;

use super::world::*;

#[test]
fn containers_reach_each_other_and_the_host() {
    in_new_host(|world| {
        let (a, b) = (world.start(&[]), world.start(&[]));
        serve(&b.fd, 80, "b");
        serve(&world.host, 81, "host");
        assert_eq!(
            ask(&a.fd, b.lease.address, 80),
            Ok(format!("b {}", a.lease.address))
        );
        assert_eq!(
            ask(&a.fd, GATEWAY, 81),
            Ok(format!("host {}", a.lease.address))
        );
        assert_eq!(
            ask(&world.host, b.lease.address, 80),
            Ok(format!("b {GATEWAY}"))
        );
    });
}

#[test]
fn containers_reach_the_outside_with_the_hosts_address() {
    in_new_host(|world| {
        let a = world.start(&[]);
        serve(&world.outside, 80, "outside");
        assert_eq!(ask(&a.fd, OUTSIDE, 80), Ok(format!("outside {HOST}")));
        assert_eq!(ask_udp(&a.fd, OUTSIDE, 80), Ok(format!("outside {HOST}")));
    });
}

#[test]
fn unpublished_ports_are_not_reached_from_outside() {
    in_new_host(|world| {
        let a = world.start(&[publish("8080:80")]);
        serve(&a.fd, 80, "a");
        serve(&a.fd, 81, "a");
        within(&world.outside, || {
            run(&format!("ip route add 172.17.0.0/16 via {HOST}"))
        });
        assert!(ask(&world.outside, HOST, 8080).is_ok());
        assert!(refused(&world.outside, a.lease.address, 81));
        assert!(refused(&world.outside, a.lease.address, 80));
    });
}

#[test]
fn networks_are_apart_but_for_published_ports() {
    in_new_host(|world| {
        let second = network("bridge1", 18);
        world.ensure(&second);
        let a = world.start(&[publish("8080:80")]);
        serve(&a.fd, 80, "a");
        let mut spec = world.spec(&[]);
        spec.address = Ipv4Addr::new(172, 18, 0, 2);
        let b = world.try_start_on(&second, spec).expect("attach");
        assert!(refused(&b.fd, a.lease.address, 80));
        assert!(ask(&b.fd, HOST, 8080).expect("published").starts_with("a "));
        assert!(
            ask(&b.fd, Ipv4Addr::new(172, 18, 0, 1), 8080)
                .expect("published")
                .starts_with("a ")
        );
    });
}

#[test]
fn the_hosts_loopback_is_out_of_reach() {
    in_new_host(|world| {
        let a = world.start(&[]);
        serve(&world.host, 81, "host");
        within(&a.fd, || {
            std::fs::write("/proc/sys/net/ipv4/conf/eth0/route_localnet", "1").expect("sysctl");
            run("ip addr del 127.0.0.1/8 dev lo");
            run(&format!("ip route add 127.0.0.1 via {GATEWAY}"));
            run("ip route flush table local type local match 127.0.0.0/8");
        });
        assert!(refused(&a.fd, LOCALHOST, 81));
        assert!(ask(&a.fd, GATEWAY, 81).is_ok());
    });
}

#[test]
fn a_container_has_what_was_asked() {
    in_new_host(|world| {
        let mut spec = world.spec(&[]);
        spec.mac = Some("02:42:ca:fe:00:01".to_owned());
        let a = world.try_start_on(&world.network, spec).expect("attach");
        let links = within(&a.fd, || run("ip -o link show eth0"));
        assert!(
            links.contains("02:42:ca:fe:00:01") && links.contains("mtu 1500"),
            "{links}"
        );
        assert!(links.contains("state UP"), "{links}");
        let b = world.start(&[]);
        assert_eq!(b.lease.mac, "02:42:ac:11:00:03");
        let show = within(&b.fd, || run("ip -o addr show"));
        assert!(show.contains("172.17.0.3/16 brd 172.17.255.255"), "{show}");
        assert!(show.contains("127.0.0.1/8"), "{show}");
        let routes = within(&b.fd, || run("ip route"));
        assert!(
            routes.contains("default via 172.17.0.1 dev eth0"),
            "{routes}"
        );
    });
}

#[test]
fn settings_of_a_sandbox_are_written_in_it() {
    in_new_host(|world| {
        let sysctl = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let asked = [
            sysctl("net.ipv4.ip_unprivileged_port_start", "0"),
            sysctl("net.core.somaxconn", "77"),
        ];
        let sandbox = world
            .wait(world.driver.create_sandbox(&asked))
            .expect("sandbox");
        let read = |path: &str| std::fs::read_to_string(path).expect(path).trim().to_owned();
        within(&sandbox, || {
            assert_eq!(read("/proc/sys/net/ipv4/ip_unprivileged_port_start"), "0");
            assert_eq!(read("/proc/sys/net/core/somaxconn"), "77");
            assert!(run("ip -o link show lo").contains("UP"));
        });
        assert_ne!(read("/proc/sys/net/core/somaxconn"), "77");
        let error = world.wait(
            world
                .driver
                .create_sandbox(&[sysctl("kernel.hostname", "x")]),
        );
        assert!(error.is_err());
    });
}

#[test]
fn a_container_that_restarts_with_its_address_is_reached_at_once() {
    in_new_host(|world| {
        for _ in 0..5 {
            let mut spec = world.spec(&[]);
            spec.address = Ipv4Addr::new(172, 17, 0, 9);
            let a = world.try_start_on(&world.network, spec).expect("attach");
            let listener = within(&a.fd, || {
                std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, 80)).expect("listen")
            });
            // The server ends with its only connection, so that its namespace goes at once.
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().expect("accept");
                std::io::Write::write_all(&mut stream, b"hello").expect("write");
            });
            let patience = std::time::Duration::from_millis(900);
            let answer = ask_once(&world.host, a.lease.address, 80, patience);
            assert_eq!(answer.as_deref(), Ok("hello"));
            server.join().expect("server");
            world.detach(&a);
        }
    });
}

#[test]
fn a_container_may_have_two_networks_but_one_default_route() {
    in_new_host(|world| {
        let second = network("bridge1", 18);
        world.ensure(&second);
        let a = world.start(&[publish("8080:80")]);
        serve(&a.fd, 80, "a");
        let attach = |default_route| {
            let mut spec = world.spec(&[publish("8081:80")]);
            spec.address = Ipv4Addr::new(172, 18, 0, 2);
            spec.interface = "eth1".to_owned();
            spec.default_route = default_route;
            world.wait(world.driver.attach(a.fd.as_fd(), &second, spec))
        };
        let before = run("nft list ruleset");
        let error = attach(true).expect_err("two default routes");
        assert!(
            error.chain().starts_with("failed to route the container"),
            "{error}"
        );
        // The last step but one failed: all others are undone.
        assert_eq!(
            world.interfaces(),
            std::slice::from_ref(&a.lease.host_interface)
        );
        assert_eq!(run("nft list ruleset"), before);
        let links = within(&a.fd, || run("ip -o link show"));
        assert!(!links.contains("eth1"), "{links}");
        attach(false).expect("no second default route");
        assert!(ask(&world.outside, HOST, 8080).is_ok());
        // Answers to the outside leave by the default route: the port is reached from the network.
        assert!(ask(&world.host, LOCALHOST, 8081).is_ok());
    });
}
