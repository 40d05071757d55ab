//! `/etc/hosts` and `/etc/resolv.conf`.

use std::net::Ipv4Addr;

use palan_model::HostConfig;

use super::super::files::{hosts, resolv_conf};
use super::texts;

const FIXED: &str = "127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
";

#[test]
fn hosts_names_the_container_and_what_was_added() {
    let none = HostConfig::default();
    assert_eq!(hosts(&none, "web", "", None, None), FIXED);
    let address = Some(Ipv4Addr::new(172, 17, 0, 2));
    let own = format!("{FIXED}172.17.0.2\tweb\n");
    assert_eq!(hosts(&none, "web", "", address, None), own);
    let own = format!("{FIXED}172.17.0.2\tweb.example.org web\n");
    assert_eq!(hosts(&none, "web", "example.org", address, None), own);
    let added = HostConfig {
        extra_hosts: texts(&[
            "db:10.0.0.1",
            "six:[fd00::1]",
            "bare:fd00::2",
            "up:host-gateway",
        ]),
        ..HostConfig::default()
    };
    let gateway = Some(Ipv4Addr::new(172, 17, 0, 1));
    let expected = format!(
        "{FIXED}10.0.0.1\tdb\nfd00::1\tsix\nfd00::2\tbare\n172.17.0.1\tup\n172.17.0.2\tweb\n"
    );
    assert_eq!(hosts(&added, "web", "", address, gateway), expected);
}

#[test]
fn resolv_conf_keeps_what_the_container_can_reach() {
    let none = HostConfig::default();
    let inherited = "# made by hand\nnameserver 127.0.0.53\nnameserver 10.0.0.2 ; ours\n\
                     search example.org lan\noptions ndots:2 edns0\n";
    assert_eq!(
        resolv_conf(inherited, &none, false),
        "search example.org lan\nnameserver 10.0.0.2\noptions ndots:2 edns0\n"
    );
    assert_eq!(
        resolv_conf("nameserver ::1\n", &none, false),
        "nameserver 8.8.8.8\nnameserver 8.8.4.4\n"
    );
    // On the host's network everything is in reach.
    assert_eq!(
        resolv_conf("nameserver 127.0.0.53\n", &none, true),
        "nameserver 127.0.0.53\n"
    );
    let asked = HostConfig {
        dns: texts(&["9.9.9.9"]),
        dns_search: texts(&["."]),
        dns_options: texts(&["rotate"]),
        ..HostConfig::default()
    };
    assert_eq!(
        resolv_conf(inherited, &asked, false),
        "nameserver 9.9.9.9\noptions rotate\n"
    );
}
