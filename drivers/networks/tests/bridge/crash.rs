//! What is found and repaired after a crash of the engine, or somebody's flush.

use std::os::fd::AsFd;

use palan_contracts::NetworkDriver;
use palan_model::port::PublishedPort;
use palan_networks::{BridgeDriver, NetworkConfig};

use super::world::*;

fn rules() -> String {
    // Handles and the order of hash tables differ; lines do not.
    let text = run("nft list table inet palan");
    let mut lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.starts_with("elements"))
        .collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn a_flushed_ruleset_comes_back() {
    in_new_host(|world| {
        let web = world.start(&[publish("8080:80")]);
        serve(&web.fd, 80, "web");
        let before = rules();
        assert!(ask(&world.outside, HOST, 8080).is_ok());
        run("nft flush ruleset");
        assert!(refused(&world.host, LOCALHOST, 8080));
        world.reconcile(&[&web]);
        assert_eq!(rules(), before);
        assert!(ask(&world.outside, HOST, 8080).is_ok());
        run("nft flush ruleset");
        world.ensure(&world.network);
        assert_eq!(rules(), before);
        assert!(ask(&world.outside, HOST, 8080).is_ok());
        run("nft flush table inet palan");
        world.ensure(&world.network);
        assert_eq!(rules(), before);
        run("nft flush ruleset");
        let next = world.start(&[publish("8081:80")]);
        serve(&next.fd, 80, "next");
        assert!(
            ask(&world.outside, HOST, 8080)
                .expect("old")
                .starts_with("web ")
        );
        assert!(
            ask(&world.outside, HOST, 8081)
                .expect("new")
                .starts_with("next ")
        );
    });
}

#[test]
fn a_new_engine_takes_over_and_cleans_up() {
    in_new_host(|world| {
        let keep = world.start(&[publish("8080:80")]);
        serve(&keep.fd, 80, "keep");
        let lost = world.start(&[publish("8081:80")]);
        serve(&lost.fd, 80, "lost");
        let forgotten = network("bridge1", 18);
        world.ensure(&forgotten);
        run("ip link add pln-elsewhere type bridge");
        // The other engine's table and interfaces are none of our business.
        let other = NetworkConfig {
            table: "other".to_owned(),
            interface_prefix: "pln2".to_owned(),
            ..NetworkConfig::default()
        };
        let other = BridgeDriver::new(other).expect("driver");
        let others = network("other0", 20);
        world.wait(other.ensure_network(&others)).expect("ensure");
        let World {
            driver,
            network,
            outside,
            ..
        } = &world;
        let next = BridgeDriver::new(NetworkConfig::default()).expect("driver");
        // As after the old engine's death: its sockets are gone.
        world
            .wait(driver.detach(network, &keep.lease))
            .expect("detach");
        let networks = [network.clone()];
        world
            .wait(next.reconcile(&networks, std::slice::from_ref(&keep.lease)))
            .expect("reconcile");
        assert!(ask(outside, HOST, 8080).expect("kept").starts_with("keep "));
        assert!(refused(outside, HOST, 8081));
        until("the lost container's interface is gone", || {
            world.interfaces()
                == [
                    keep.lease.host_interface.clone(),
                    "pln-elsewhere".to_owned(),
                ]
        });
        let links = run("ip -o link show type bridge");
        assert!(
            links.contains("bridge0") && links.contains("other0"),
            "{links}"
        );
        assert!(!links.contains("bridge1"), "{links}");
        let tables = run("nft list tables");
        assert!(tables.contains("inet other"), "{tables}");
        assert!(
            std::net::TcpListener::bind(("0.0.0.0", 8080)).is_err(),
            "the port is held again"
        );
    });
}

#[test]
fn an_interface_that_lost_its_bridge_gets_it_back() {
    in_new_host(|world| {
        let web = world.start(&[publish("8080:80")]);
        serve(&web.fd, 80, "web");
        run("ip link del bridge0");
        assert!(refused(&world.outside, HOST, 8080));
        world.reconcile(&[&web]);
        assert!(ask(&world.outside, HOST, 8080).is_ok());
    });
}

#[test]
fn nothing_is_left_of_the_last_network() {
    in_new_host(|world| {
        let second = network("bridge1", 18);
        world.ensure(&second);
        world.ensure(&second);
        assert!(run("nft list ruleset").contains("bridge1"));
        world
            .wait(world.driver.remove_network(&second))
            .expect("remove");
        world
            .wait(world.driver.remove_network(&second))
            .expect("remove again");
        assert!(!run("nft list ruleset").contains("bridge1"));
        assert!(run("nft list ruleset").contains("bridge0"));
        let web = world.start(&[publish("8080:80")]);
        serve(&web.fd, 80, "web");
        assert!(ask(&world.outside, HOST, 8080).is_ok());
        world.detach(&web);
        world
            .wait(world.driver.remove_network(&world.network))
            .expect("remove");
        assert_eq!(run("nft list ruleset"), "");
        assert_eq!(run("ip -o link show type bridge"), "");
        world.ensure(&world.network);
        assert!(run("nft list ruleset").contains("bridge0"));
    });
}

#[test]
fn an_abandoned_attach_leaves_nothing() {
    in_new_host(|world| {
        let sandbox = |_| {
            world
                .wait(world.driver.create_sandbox(&[]))
                .expect("sandbox")
        };
        // They live to the end: an interface that goes with its namespace proves nothing.
        let sandboxes: Vec<_> = (0..8).map(sandbox).collect();
        let mut finished = Vec::new();
        for (n, sandbox) in sandboxes.iter().enumerate() {
            let spec = world.spec(&[publish(&format!("{}:80", 9000 + n))]);
            let mut attach = world.driver.attach(sandbox.as_fd(), &world.network, spec);
            // Polled once, so that the job is under way, and then dropped.
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            if let std::task::Poll::Ready(lease) = attach.as_mut().poll(&mut context) {
                finished.push(lease.expect("attach"));
            }
        }
        assert!(
            finished.len() < sandboxes.len(),
            "all too fast to be abandoned"
        );
        until("the abandoned interfaces are gone", || {
            world.interfaces().len() == finished.len()
        });
        let rules = || run("nft list ruleset").matches("tcp . 90").count();
        until("the abandoned ports are gone", || rules() == finished.len());
        let held = |n: u16| std::net::TcpListener::bind(("0.0.0.0", 9000 + n)).is_err();
        until("the abandoned ports are free", || {
            (0..8).filter(|n| held(*n)).count() == finished.len()
        });
    });
}

#[test]
fn subnets_of_the_host_are_avoided() {
    in_new_host(|world| {
        let free = |taken: &[_]| world.wait(world.driver.free_subnet(taken)).expect("subnet");
        let taken = network("x", 19).bridge.expect("bridge").subnet;
        assert_eq!(free(&[]).to_string(), "172.18.0.0/16");
        run("ip route add 172.18.5.0/24 via 10.9.0.2");
        run("ip route add default via 10.9.0.2");
        assert_eq!(free(&[]).to_string(), "172.19.0.0/16");
        assert_eq!(free(&[taken]).to_string(), "172.20.0.0/16");
    });
}

#[test]
fn an_element_that_nobody_knows_gives_way() {
    in_new_host(|world| {
        let keep = world.start(&[publish("8081:80")]);
        serve(&keep.fd, 80, "keep");
        run("nft add element inet palan ports { tcp . 8080 : 172.17.9.9 . 80 }");
        let web = world.start(&[publish("8080:80")]);
        serve(&web.fd, 80, "web");
        assert!(
            ask(&world.host, LOCALHOST, 8080)
                .expect("web")
                .starts_with("web ")
        );
        assert!(
            ask(&world.host, LOCALHOST, 8081)
                .expect("keep")
                .starts_with("keep ")
        );
    });
}

#[test]
fn thousands_of_ports_are_restored_in_one_batch() {
    in_new_host(|world| {
        let web = world.start(&[publish("8080:80")]);
        serve(&web.fd, 80, "web");
        let mut lease = web.lease.clone();
        lease.ports = (10_000..15_000)
            .map(|host_port| PublishedPort {
                host_port,
                ..web.lease.ports[0]
            })
            .collect();
        let networks = [world.network.clone()];
        let start = std::time::Instant::now();
        world
            .wait(world.driver.reconcile(&networks, &[lease]))
            .expect("reconcile");
        eprintln!("5,000 ports: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
        let map = run("nft list map inet palan ports");
        assert_eq!(map.matches("172.17.0.2").count(), 5_000);
        assert!(ask(&world.outside, HOST, 14_999).is_ok());
        assert!(refused(&world.outside, HOST, 8080));
    });
}
