//! Network interfaces with their addresses, and the way out (`proc(5)`, "/proc/net").
//!
//! The kernel lists IPv4 addresses without their interface (`fib_trie`); the routing table tells
//! which interface their subnet belongs to.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{HIDDEN, Line};

pub fn lines() -> Vec<Line> {
    let read =
        |name: &str| fs::read_to_string(format!("/proc/self/net/{name}")).unwrap_or_default();
    let routes = routes(&read("route"));
    let v4 = local_v4(&read("fib_trie"));
    let v6 = local_v6(&read("if_inet6"));
    let mut lines = Vec::new();
    for name in interfaces(&read("dev")) {
        let own_v4 = v4
            .iter()
            .filter(|a| interface_of(**a, &routes) == Some(&*name));
        let mut found: Vec<String> = own_v4.map(Ipv4Addr::to_string).collect();
        let own_v6 = v6.iter().filter(|(interface, _)| *interface == name);
        found.extend(own_v6.map(|(_, address)| address.to_string()));
        let text = if found.is_empty() {
            "no address".to_owned()
        } else {
            found.join("  ")
        };
        let label = if lines.is_empty() { "network" } else { "" };
        lines.push((label, format!("{name:<8}{text}")));
    }
    if lines.is_empty() {
        lines.push(("network", HIDDEN.to_owned()));
    }
    let gateway = routes.iter().find(|route| route.mask == 0);
    let way_out = gateway.map_or_else(
        || "none".to_owned(),
        |route| format!("{} by {}", route.gateway, route.interface),
    );
    lines.push(("way out", way_out));
    lines
}

fn interfaces(dev: &str) -> Vec<String> {
    let name = |line: &str| Some(line.split_once(':')?.0.trim().to_owned());
    dev.lines().skip(2).filter_map(name).collect()
}

struct Route {
    interface: String,
    destination: u32,
    gateway: Ipv4Addr,
    mask: u32,
}

/// `/proc/net/route`: numbers are hexadecimal, in the byte order of the network as seen by the host.
fn routes(table: &str) -> Vec<Route> {
    let number = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::from_be);
    let route = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        Some(Route {
            interface: (*fields.first()?).to_owned(),
            destination: number(fields.get(1)?)?,
            gateway: Ipv4Addr::from(number(fields.get(2)?)?),
            mask: number(fields.get(7)?)?,
        })
    };
    table.lines().skip(1).filter_map(route).collect()
}

/// The interface with the most specific route to the address's subnet.
fn interface_of(address: Ipv4Addr, routes: &[Route]) -> Option<&str> {
    if address.is_loopback() {
        return Some("lo");
    }
    let matching = routes
        .iter()
        .filter(|route| u32::from(address) & route.mask == route.destination);
    let best = matching.max_by_key(|route| route.mask)?;
    Some(&best.interface)
}

/// Addresses that `fib_trie` marks as this host's own: a `/32 host LOCAL` below the address.
fn local_v4(trie: &str) -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    let mut last = None;
    for line in trie.lines() {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(last.filter(|address| !found.contains(address)));
        }
    }
    found
}

/// `/proc/net/if_inet6`: address, index, prefix, scope, flags, interface.
fn local_v6(table: &str) -> Vec<(String, Ipv6Addr)> {
    let one = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let bits = u128::from_str_radix(fields.first()?, 16).ok()?;
        Some(((*fields.get(5)?).to_owned(), Ipv6Addr::from(bits)))
    };
    table.lines().filter_map(one).collect()
}

#[cfg(test)]
mod tests;
