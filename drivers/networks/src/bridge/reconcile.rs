//! Makes the host match the records: after a crash of the engine, or of somebody's `nft flush`.

use std::collections::{BTreeMap, HashSet};

use palan_model::network::{BridgeSpec, EndpointLease};

use super::driver::Shared;
use super::ensure::{delete, delete_bridge, ensure_bridge};
use super::rules::{Mapping, Wanted};
use crate::error::{Error, Result};
use crate::ports;
use crate::route::{self, Link};
use crate::worker::Worker;

/// Goes through all steps, whatever fails, and reports all failures.
pub fn reconcile(
    shared: &Shared,
    worker: &mut Worker,
    bridges: BTreeMap<String, BridgeSpec>,
    live: &[EndpointLease],
) -> Result<()> {
    let mut failures = Vec::new();
    let mut note = |result: Result<()>| failures.extend(result.err());
    // The table is also the host's own record of which bridges are ours: read before it is replaced,
    // and replaced after those bridges are gone.
    match shared.firewall().bridges_on_host() {
        Ok(known) => known
            .iter()
            .filter(|name| !bridges.contains_key(*name))
            .for_each(|name| note(delete_bridge(worker, name))),
        Err(error) => note(Err(error)),
    }
    let mut ports = Vec::new();
    for (name, bridge) in &bridges {
        match ensure_bridge(worker, bridge) {
            Ok(index) => ports.push((name.clone(), index, bridge.subnet)),
            Err(error) => note(Err(error)),
        }
    }
    restore_ports(shared, live);
    let mappings = live.iter().flat_map(Mapping::of).collect();
    note(shared.firewall().replace(Wanted { bridges, mappings }));
    let master_of = |lease: &EndpointLease| {
        let home = ports
            .iter()
            .find(|(_, _, subnet)| subnet.contains(lease.address));
        home.map(|(_, index, _)| *index)
    };
    note(reconcile_interfaces(shared, worker, live, master_of));
    Error::all(failures)
}

fn restore_ports(shared: &Shared, live: &[EndpointLease]) {
    let mut table = shared.ports();
    table.clear();
    for port in live.iter().flat_map(|lease| &lease.ports) {
        table.restore(port, &mut ports::occupy);
    }
}

/// Deletes interfaces without a lease, and puts the others back into their bridges.
fn reconcile_interfaces(
    shared: &Shared,
    worker: &mut Worker,
    live: &[EndpointLease],
    master_of: impl Fn(&EndpointLease) -> Option<u32>,
) -> Result<()> {
    let links =
        route::links(&mut worker.route).map_err(Error::kernel("list the host's interfaces"))?;
    let owned: HashSet<_> = live.iter().map(|l| l.host_interface.as_str()).collect();
    let mut failures = Vec::new();
    for link in links.iter().filter(|link| shared.prefix.owns(&link.name)) {
        if !owned.contains(link.name.as_str()) {
            failures.extend(delete(worker, link).err());
        }
    }
    for lease in live {
        let link = links.iter().find(|link| link.name == lease.host_interface);
        if let (Some(link), Some(master)) = (link, master_of(lease)) {
            failures.extend(reconnect(worker, link, master).err());
        }
    }
    Error::all(failures)
}

fn reconnect(worker: &mut Worker, link: &Link, master: u32) -> Result<()> {
    if link.master == Some(master) && link.up {
        return Ok(());
    }
    worker
        .route
        .request(&[route::set_master(link.index, master)])
        .map_err(|(_, e)| Error::kernel(format!("connect {} to its bridge", link.name))(e))
}
