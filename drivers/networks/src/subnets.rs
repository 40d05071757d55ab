//! The subnets that networks get when nobody names one: Docker's default pools, in Docker's order.

use std::net::Ipv4Addr;

use palan_model::network::Subnet;

use crate::error::{Error, Result};
use crate::netlink::Socket;
use crate::route;

/// What the host's own addresses and routes cover, default routes left out.
///
/// # Errors
/// The kernel's.
pub fn of_host(socket: &mut Socket) -> Result<Vec<Subnet>> {
    let mut used = route::addresses(socket).map_err(Error::kernel("list the host's addresses"))?;
    used.extend(route::routes(socket).map_err(Error::kernel("list the host's routes"))?);
    used.retain(|subnet| subnet.prefix > 0);
    Ok(used)
}

/// 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20.
pub fn default_pools() -> impl Iterator<Item = Subnet> {
    let large = (17..=31).map(|n| Subnet {
        address: Ipv4Addr::new(172, n, 0, 0),
        prefix: 16,
    });
    let small = (0..=240).step_by(16).map(|n| Subnet {
        address: Ipv4Addr::new(192, 168, n, 0),
        prefix: 20,
    });
    large.chain(small)
}

/// The first default subnet that shares no address with any of these.
#[must_use]
pub fn first_free(used: &[Subnet]) -> Option<Subnet> {
    default_pools().find(|pool| !used.iter().any(|u| u.overlaps(*pool)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(text: &str) -> Subnet {
        let (address, prefix) = text.split_once('/').expect("a/p");
        Subnet {
            address: address.parse().expect("address"),
            prefix: prefix.parse().expect("prefix"),
        }
    }

    fn first(used: &[&str]) -> Option<String> {
        let used: Vec<_> = used.iter().map(|u| subnet(u)).collect();
        first_free(&used).map(|s| s.to_string())
    }

    #[test]
    fn pools_are_dockers() {
        let all: Vec<_> = default_pools().map(|s| s.to_string()).collect();
        assert_eq!(all.len(), 31);
        assert_eq!(all[0], "172.17.0.0/16");
        assert_eq!(all[14], "172.31.0.0/16");
        assert_eq!(all[15], "192.168.0.0/20");
        assert_eq!(all[30], "192.168.240.0/20");
    }

    #[test]
    fn what_overlaps_is_skipped() {
        assert_eq!(first(&[]).as_deref(), Some("172.17.0.0/16"));
        assert_eq!(first(&["172.17.5.0/24"]).as_deref(), Some("172.18.0.0/16"));
        assert_eq!(first(&["172.16.0.0/12"]).as_deref(), Some("192.168.0.0/20"));
        assert_eq!(
            first(&["172.16.0.0/12", "192.168.1.7/32"]).as_deref(),
            Some("192.168.16.0/20")
        );
        assert_eq!(first(&["172.16.0.0/12", "192.168.0.0/16"]), None);
    }
}
