//! Filters of `ps`.

use palan_model::port::{PortBinding, Protocol};
use palan_model::{ContainerConfig, HostConfig};

use super::super::list::{in_range, named, publishes};
use super::record;

#[test]
fn names_are_regular_expressions_with_and_without_slash() {
    let web = record(ContainerConfig::default(), HostConfig::default());
    for (value, fits) in [
        ("web", true),
        ("we", true),
        ("^web$", true),
        ("^/web$", true),
        ("w.b", true),
        ("^eb", false),
        ("db", false),
        // No regular expression: taken as it is.
        ("w[", false),
    ] {
        assert_eq!(named(&web, value), fits, "{value}");
    }
}

#[test]
fn ports_fit_in_ranges_of_their_protocol() {
    let ports = [(80, Protocol::Tcp), (53, Protocol::Udp)];
    for (value, fits) in [
        ("80", true),
        ("80/tcp", true),
        ("80/udp", false),
        ("79-81", true),
        ("81-90", false),
        ("50-60/udp", true),
        ("50-60", false),
        ("x", false),
        ("80/", false),
        ("", false),
        ("70000", false),
    ] {
        assert_eq!(in_range(value, ports.into_iter()), fits, "{value}");
    }
}

#[test]
fn a_container_publishes_the_ports_of_its_host() {
    let mut host = HostConfig::default();
    let binding = PortBinding {
        host_port: Some(8080),
        ..PortBinding::default()
    };
    host.port_bindings
        .insert("80/tcp".parse().unwrap(), vec![binding]);
    let web = record(ContainerConfig::default(), host);
    assert!(publishes(&web, "8080"));
    assert!(!publishes(&web, "80"));
}
