//! Host names to addresses, without the C library: its resolver does not work in a static program.
//!
//! Literal addresses need no lookup. Everything else goes by `/etc/hosts` and the name servers of
//! `/etc/resolv.conf`, both read anew each time, because laptops move and lookups are rare.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_resolver::Resolver;

use super::DialError;

/// Addresses of a host, in the order in which to try them. Brackets of IPv6 literals are removed.
pub(super) async fn lookup(host: &str) -> Result<Vec<IpAddr>, DialError> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    if let Ok(address) = bare.unwrap_or(host).parse() {
        return Ok(vec![address]);
    }
    if host == "localhost" || host.ends_with(".localhost") {
        // RFC 6761, section 6.3.
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let failed = |reason: String| DialError::Lookup {
        host: host.to_owned(),
        reason,
    };
    let resolver = Resolver::builder_tokio()
        .and_then(|builder| builder.build())
        .map_err(|e| failed(e.to_string()))?;
    let found = resolver.lookup_ip(host).await.map_err(|error| {
        let missing = error.is_nx_domain() || error.is_no_records_found();
        failed(if missing {
            "no such host".to_owned()
        } else {
            error.to_string()
        })
    })?;
    let mut addresses: Vec<IpAddr> = found.iter().collect();
    addresses.sort_by_key(|address| !address.is_ipv4());
    if addresses.is_empty() {
        return Err(failed("no such host".to_owned()));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn literals_and_localhost_need_no_name_server() {
        let wanted: Vec<IpAddr> = vec!["::1".parse().unwrap()];
        assert_eq!(lookup("[::1]").await.unwrap(), wanted);
        assert_eq!(lookup("10.1.2.3").await.unwrap().len(), 1);
        let local = lookup("localhost").await.unwrap();
        assert!(local.iter().all(IpAddr::is_loopback));
    }

    #[tokio::test]
    async fn the_hosts_file_is_read() {
        let Ok(own_name) = std::fs::read_to_string("/etc/hostname") else {
            eprintln!("SKIPPED: no /etc/hostname");
            return;
        };
        let own_name = own_name.trim();
        let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
        if !hosts.split_whitespace().any(|word| word == own_name) {
            eprintln!("SKIPPED: /etc/hosts does not name {own_name}");
            return;
        }
        assert!(!lookup(own_name).await.unwrap().is_empty());
    }
}
