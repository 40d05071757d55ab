//! The files that every container gets: `/etc/hosts`, `/etc/hostname`, `/etc/resolv.conf`.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use palan_model::HostConfig;

/// Servers used when the host has none that a container can reach, as Docker's.
const FALLBACK_SERVERS: [&str; 2] = ["8.8.8.8", "8.8.4.4"];

/// `/etc/hosts`: the fixed names, `--add-host` entries, and the container itself.
pub(super) fn hosts(
    host: &HostConfig,
    hostname: &str,
    domainname: &str,
    address: Option<Ipv4Addr>,
    gateway: Option<Ipv4Addr>,
) -> String {
    let mut text = String::from(
        "127.0.0.1\tlocalhost\n\
         ::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::0\tip6-localnet\n\
         ff00::0\tip6-mcastprefix\n\
         ff02::1\tip6-allnodes\n\
         ff02::2\tip6-allrouters\n",
    );
    for entry in &host.extra_hosts {
        let Some((name, target)) = entry.split_once([':', '=']) else {
            continue;
        };
        let target = match (target, gateway) {
            ("host-gateway", Some(gateway)) => gateway.to_string(),
            ("host-gateway", None) => continue,
            (target, _) => target.trim_matches(['[', ']']).to_owned(),
        };
        writeln!(text, "{target}\t{name}").expect("writing to a string succeeds");
    }
    if let Some(address) = address {
        let names = match domainname {
            "" => hostname.to_owned(),
            domain => format!("{hostname}.{domain} {hostname}"),
        };
        writeln!(text, "{address}\t{names}").expect("writing to a string succeeds");
    }
    text
}

/// `/etc/resolv.conf`: the host's, without servers that only the host reaches, changed by `--dns`,
/// `--dns-search` and `--dns-option`. With `shared` the container is on the host's network.
pub(super) fn resolv_conf(inherited: &str, host: &HostConfig, shared: bool) -> String {
    let mut servers = vec![];
    let mut search = vec![];
    let mut options = vec![];
    for line in inherited.lines() {
        let mut words = line
            .split(['#', ';'])
            .next()
            .unwrap_or_default()
            .split_whitespace();
        match words.next() {
            Some("nameserver") => servers.extend(words.next().map(str::to_owned)),
            Some("search" | "domain") => search = words.map(str::to_owned).collect(),
            Some("options") => options.extend(words.map(str::to_owned)),
            _ => {}
        }
    }
    if !shared {
        servers.retain(|server| !is_loopback(server));
        if servers.is_empty() {
            servers = FALLBACK_SERVERS.map(str::to_owned).to_vec();
        }
    }
    override_with(&mut servers, &host.dns);
    override_with(&mut search, &host.dns_search);
    override_with(&mut options, &host.dns_options);
    search.retain(|domain| domain != ".");
    let mut text = String::new();
    if !search.is_empty() {
        writeln!(text, "search {}", search.join(" ")).expect("writing to a string succeeds");
    }
    for server in servers {
        writeln!(text, "nameserver {server}").expect("writing to a string succeeds");
    }
    if !options.is_empty() {
        writeln!(text, "options {}", options.join(" ")).expect("writing to a string succeeds");
    }
    text
}

fn override_with(list: &mut Vec<String>, asked: &[String]) {
    if !asked.is_empty() {
        *list = asked.to_vec();
    }
}

fn is_loopback(server: &str) -> bool {
    server
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}
