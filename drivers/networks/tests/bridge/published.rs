//! Published ports, from everywhere.

use std::sync::Arc;

use super::world::*;

const BRIDGE_FILTER: &str = "/proc/sys/net/bridge/bridge-nf-call-iptables";
const SOURCE_CHECK: &str = "/proc/sys/net/ipv4/conf/all/rp_filter";

/// With and without `br_netfilter`, which runs bridged frames through the firewall as well; and with
/// the strict check of source addresses.
fn in_each_kind_of_host(test: fn(World)) {
    for (bridge_filter, source_check) in [("0", "0"), ("1", "0"), ("0", "1")] {
        in_new_host(move |world| {
            std::fs::write(SOURCE_CHECK, source_check).expect("rp_filter");
            if std::fs::write(BRIDGE_FILTER, bridge_filter).is_err() && bridge_filter == "1" {
                eprintln!("SKIPPED: this kernel has no br_netfilter");
                return;
            }
            eprintln!("bridge-nf-call-iptables={bridge_filter}, rp_filter={source_check}");
            test(world);
        });
    }
}

#[test]
fn a_port_of_every_address_is_reached_from_everywhere() {
    in_each_kind_of_host(|world| {
        let web = world.start(&[publish("8080:80"), publish("8080:80/udp")]);
        serve(&web.fd, 80, "web");
        let other = world.start(&[]);
        for (who, from, to) in [
            ("host", &world.host, LOCALHOST),
            ("host", &world.host, HOST),
            ("host", &world.host, GATEWAY),
            ("other", &other.fd, GATEWAY),
            ("other", &other.fd, HOST),
            ("itself", &web.fd, GATEWAY),
            ("itself", &web.fd, HOST),
            ("outside", &world.outside, HOST),
        ] {
            let tcp = ask(from, to, 8080).unwrap_or_else(|e| panic!("tcp {who} to {to}: {e}"));
            let udp = ask_udp(from, to, 8080).unwrap_or_else(|e| panic!("udp {who} to {to}: {e}"));
            eprintln!("{who} to {to}:8080 -> {tcp:?}, {udp:?}");
            assert!(
                tcp.starts_with("web ") && udp.starts_with("web "),
                "{who} to {to}"
            );
        }
    });
}

#[test]
fn a_client_outside_keeps_its_address() {
    in_new_host(|world| {
        let web = world.start(&[publish("8080:80")]);
        serve(&web.fd, 80, "web");
        let answer = ask(&world.outside, HOST, 8080).expect("answer");
        assert_eq!(answer, format!("web {OUTSIDE}"));
    });
}

#[test]
fn a_port_of_one_address_is_reached_at_that_address_only() {
    in_new_host(|world| {
        let local = world.start(&[publish("127.0.0.1:8081:80")]);
        serve(&local.fd, 80, "local");
        let public = world.start(&[publish("10.9.0.1:8082:80")]);
        serve(&public.fd, 80, "public");
        assert!(
            ask(&world.host, LOCALHOST, 8081)
                .expect("local")
                .starts_with("local ")
        );
        assert!(refused(&world.outside, HOST, 8081));
        assert!(refused(&world.host, HOST, 8081));
        assert!(
            ask(&world.outside, HOST, 8082)
                .expect("public")
                .starts_with("public ")
        );
        assert!(
            ask(&world.host, HOST, 8082)
                .expect("public")
                .starts_with("public ")
        );
        assert!(refused(&world.host, LOCALHOST, 8082));
    });
}

#[test]
fn one_host_port_can_lead_to_different_containers_by_address() {
    in_new_host(|world| {
        let one = world.start(&[publish("127.0.0.1:8080:80")]);
        serve(&one.fd, 80, "one");
        let two = world.start(&[publish("10.9.0.1:8080:80")]);
        serve(&two.fd, 80, "two");
        assert!(
            ask(&world.host, LOCALHOST, 8080)
                .expect("one")
                .starts_with("one ")
        );
        assert!(
            ask(&world.outside, HOST, 8080)
                .expect("two")
                .starts_with("two ")
        );
    });
}

#[test]
fn a_port_is_gone_after_detach_and_free_again() {
    in_new_host(|world| {
        let web = world.start(&[publish("8080:80"), publish("8080:80/udp")]);
        serve(&web.fd, 80, "web");
        assert!(ask(&world.outside, HOST, 8080).is_ok());
        assert!(ask_udp(&world.outside, HOST, 8080).is_ok());
        world.detach(&web);
        world.detach(&web);
        assert!(refused(&world.outside, HOST, 8080));
        assert!(refused(&world.host, LOCALHOST, 8080));
        assert!(!run("nft list ruleset").contains("8080"));
        let next = world.start(&[publish("8080:80")]);
        serve(&next.fd, 80, "next");
        assert!(
            ask(&world.outside, HOST, 8080)
                .expect("next")
                .starts_with("next ")
        );
    });
}

#[test]
fn a_udp_flow_that_goes_on_reaches_the_next_container() {
    in_new_host(|world| {
        let outside = Arc::clone(&world.outside);
        let socket = within(&outside, || {
            let socket = std::net::UdpSocket::bind((OUTSIDE, 0)).expect("bind");
            socket
                .set_read_timeout(Some(std::time::Duration::from_millis(300)))
                .expect("timeout");
            socket.connect((HOST, 5353)).expect("connect");
            socket
        });
        let answer = |socket: &std::net::UdpSocket| {
            let mut buffer = [0; 64];
            let _ = socket.send(b"?");
            socket
                .recv(&mut buffer)
                .ok()
                .map(|n| String::from_utf8_lossy(&buffer[..n]).into_owned())
        };
        // Nobody is there: the kernel notes a flow to the host itself.
        assert_eq!(answer(&socket), None);
        let first = world.start(&[publish("5353:53/udp")]);
        serve(&first.fd, 53, "first");
        until("the first container answers", || {
            answer(&socket).is_some_and(|a| a.starts_with("first"))
        });
        world.detach(&first);
        let second = world.start(&[publish("5353:53/udp")]);
        serve(&second.fd, 53, "second");
        until("the second container answers", || {
            answer(&socket).is_some_and(|a| a.starts_with("second"))
        });
    });
}

#[test]
fn sctp_ports_are_programmed() {
    in_new_host(|world| {
        world.start(&[publish("9999:99/sctp")]);
        let map = run("nft list map inet palan ports");
        assert!(map.contains("sctp . 9999 : 172.17.0.2 . 99"), "{map}");
    });
}
