//! Where a registry is: base addresses to try for the domain of a reference.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where Docker Hub's registry really is.
const HUB_DOMAIN: &str = "docker.io";
const HUB_HOST: &str = "registry-1.docker.io";

/// One way to reach a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Scheme, host and port, for example `https://registry-1.docker.io`.
    pub(crate) base: String,
    /// May use plain HTTP, and TLS without a trusted certificate.
    pub(crate) insecure: bool,
}

/// Ways to reach the registry of a domain, best first. Plain HTTP is tried second, and for insecure
/// registries only, as dockerd does.
pub(crate) fn candidates(domain: &str, insecure: &[String]) -> Vec<Endpoint> {
    let host = if domain == HUB_DOMAIN {
        HUB_HOST
    } else {
        domain
    };
    let insecure = is_insecure(domain, insecure);
    let mut found = vec![Endpoint {
        base: format!("https://{host}"),
        insecure,
    }];
    if insecure {
        found.push(Endpoint {
            base: format!("http://{host}"),
            insecure,
        });
    }
    found
}

/// Whether a registry, by `host` or `host:port`, may be insecure.
pub(crate) fn is_insecure(domain: &str, configured: &[String]) -> bool {
    let host = host_of(domain);
    let address = host.parse::<IpAddr>().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    configured.iter().any(|entry| {
        entry == domain
            || entry == host
            || address.is_some_and(|address| subnet_contains(entry, address))
    })
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_of(domain: &str) -> &str {
    if let Some(rest) = domain.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    domain.split(':').next().unwrap_or(domain)
}

fn subnet_contains(subnet: &str, address: IpAddr) -> bool {
    let Some((network, prefix)) = subnet.split_once('/') else {
        return false;
    };
    let Ok(prefix) = prefix.parse::<u32>() else {
        return false;
    };
    match address {
        IpAddr::V4(address) => network.parse::<Ipv4Addr>().is_ok_and(|network| {
            let shift = 32_u32.saturating_sub(prefix);
            let bits = |a: Ipv4Addr| u64::from(u32::from(a)) >> shift;
            prefix <= 32 && bits(network) == bits(address)
        }),
        IpAddr::V6(address) => network.parse::<Ipv6Addr>().is_ok_and(|network| {
            let shift = 128_u32.saturating_sub(prefix);
            let bits = |a: Ipv6Addr| u128::from(a).checked_shr(shift).unwrap_or(0);
            prefix <= 128 && bits(network) == bits(address)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_configured_registries_may_be_insecure() {
        let configured = [
            "reg.example:5000",
            "plain.example",
            "10.1.0.0/16",
            "fd00::/8",
        ];
        let configured: Vec<_> = configured.iter().map(ToString::to_string).collect();
        for domain in [
            "localhost",
            "localhost:5000",
            "127.9.9.9:80",
            "[::1]:5000",
            "reg.example:5000",
            "plain.example:7",
            "10.1.200.3",
            "[fd12::1]:5000",
        ] {
            assert!(is_insecure(domain, &configured), "{domain}");
        }
        for domain in [
            "docker.io",
            "reg.example",
            "localhost.example",
            "10.2.0.1",
            "128.0.0.1",
            "[fe80::1]",
        ] {
            assert!(!is_insecure(domain, &configured), "{domain}");
        }
    }

    #[test]
    fn docker_hub_lives_elsewhere_and_is_never_insecure() {
        let found = candidates("docker.io", &[]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].base, "https://registry-1.docker.io");
        let found = candidates("127.0.0.1:5000", &[]);
        assert_eq!(found[1].base, "http://127.0.0.1:5000");
    }
}
