//! Who holds which address of one network. Pure.
//!
//! ```text
//! free --reserve--> reserved --settle, hold--> held --give_back--> free
//!                       +-------settle-----------------------------^
//! ```
//!
//! Invariant: no address is reserved or held twice, nor ever that of the gateway, of the subnet
//! itself or of its broadcast.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use palan_model::ContainerId;
use palan_model::network::{BridgeSpec, EndpointLease, Subnet};

use crate::{Error, Result};

/// The addresses of one network.
#[derive(Default)]
pub(super) struct Leases {
    held: BTreeMap<ContainerId, (String, EndpointLease)>,
    /// Addresses given out whose attachment is not complete yet.
    reserved: BTreeSet<Ipv4Addr>,
}

impl Leases {
    /// Takes the wanted address, or the lowest that is free.
    ///
    /// # Errors
    /// When it is taken or outside the subnet, or none is left.
    pub fn reserve(
        &mut self,
        network: &str,
        bridge: &BridgeSpec,
        wanted: Option<Ipv4Addr>,
    ) -> Result<Ipv4Addr> {
        let mut used = self.reserved.clone();
        used.extend(self.held.values().map(|(_, lease)| lease.address));
        used.insert(bridge.gateway);
        used.extend(bridge.subnet.reserved());
        let address = match wanted {
            Some(address) if !bridge.subnet.contains(address) => {
                return Err(Error::InvalidParameter(format!(
                    "no configured subnet contains IP address {address}"
                )));
            }
            Some(address) if used.contains(&address) => {
                return Err(Error::Conflict("Address already in use".to_owned()));
            }
            Some(address) => address,
            None => lowest_free(bridge.subnet, &used).ok_or_else(|| {
                Error::Conflict(format!("no available IPv4 addresses on network {network}"))
            })?,
        };
        self.reserved.insert(address);
        Ok(address)
    }

    /// The attachment is complete or has failed: the address is held from now on, or free.
    pub fn settle(&mut self, address: Ipv4Addr) {
        self.reserved.remove(&address);
    }

    /// The container has the address of the lease.
    pub fn hold(&mut self, container: &ContainerId, name: &str, lease: &EndpointLease) {
        let holder = (name.to_owned(), lease.clone());
        self.held.insert(container.clone(), holder);
    }

    /// The container no longer has this lease. Idempotent; a newer lease stays.
    pub fn give_back(&mut self, container: &ContainerId, lease: &EndpointLease) {
        let held = self.held.get(container);
        if held.is_some_and(|(_, held)| held.id == lease.id) {
            self.held.remove(container);
        }
    }

    /// The container was renamed.
    pub fn rename(&mut self, container: &ContainerId, name: &str) {
        if let Some((held, _)) = self.held.get_mut(container) {
            name.clone_into(held);
        }
    }

    /// Containers, their names and leases.
    pub fn held(&self) -> impl Iterator<Item = (&ContainerId, &str, &EndpointLease)> {
        let all = self.held.iter();
        all.map(|(id, (name, lease))| (id, name.as_str(), lease))
    }
}

/// The lowest address that is neither used nor the subnet's first (network) or last (broadcast).
pub(super) fn lowest_free(subnet: Subnet, used: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
    let [first, last] = subnet.reserved().map(u32::from);
    (first.saturating_add(1)..last)
        .map(Ipv4Addr::from)
        .find(|address| !used.contains(address))
}
