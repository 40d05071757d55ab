//! Ports of containers.

#![allow(clippy::unwrap_used)]

use super::{Port, Protocol};

#[test]
fn a_port_has_a_number_and_perhaps_a_protocol() {
    for (text, number, protocol) in [
        ("80", 80, Protocol::Tcp),
        ("80/tcp", 80, Protocol::Tcp),
        ("53/UDP", 53, Protocol::Udp),
        ("65535/sctp", 65535, Protocol::Sctp),
    ] {
        let port: Port = text.parse().unwrap();
        assert_eq!(port, Port { number, protocol });
        assert_eq!(port.to_string().parse::<Port>().unwrap(), port);
    }
    for text in [
        "",
        "0",
        "65536",
        "-1",
        "+80",
        "80/",
        "80/icmp",
        "80/tcp/udp",
        "80-90",
        " 80",
        "x",
    ] {
        let error = text.parse::<Port>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("invalid port specification: {text:?}")
        );
    }
}
