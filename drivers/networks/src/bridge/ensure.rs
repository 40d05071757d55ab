//! The bridge itself: its interface, address and settings.

use palan_model::network::{BridgeSpec, NetworkRecord};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::names::MacAddress;
use crate::netlink::allow;
use crate::route::{self, Link};
use crate::sysctl;
use crate::worker::Worker;

const FORWARDING: &str = "net/ipv4/ip_forward";

/// What a network record says of its bridge, checked. None for networks without one.
pub fn bridge_of(network: &NetworkRecord) -> Result<Option<&BridgeSpec>> {
    let Some(bridge) = &network.bridge else {
        return Ok(None);
    };
    let name = bridge.interface.as_bytes();
    let fits = (1..=15).contains(&name.len()) && !matches!(name, b"." | b"..");
    let clean = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'/' | b':' | b'"');
    if fits && name.iter().all(clean) {
        Ok(Some(bridge))
    } else {
        Err(Error::InterfaceName(bridge.interface.clone()))
    }
}

/// Makes sure that the bridge is there and up, with its address, and that the host forwards. Returns
/// the bridge's number. Idempotent.
pub fn ensure_bridge(worker: &mut Worker, bridge: &BridgeSpec) -> Result<u32> {
    let name = &bridge.interface;
    let link = match find(worker, name)? {
        Some(link) => link,
        None => create(worker, bridge)?,
    };
    if link.kind.as_deref() != Some("bridge") {
        return Err(Error::NotABridge(name.clone()));
    }
    let address = route::add_address(link.index, bridge.gateway, bridge.subnet.prefix);
    let result = worker.route.request(&[address]).map_err(|(_, e)| e);
    allow(result, Errno::EXIST).map_err(Error::kernel(format!(
        "give {name} the address {}",
        bridge.gateway
    )))?;
    if !link.up {
        worker
            .route
            .request(&[route::set_up(link.index)])
            .map_err(|(_, e)| Error::kernel(format!("bring up {name}"))(e))?;
    }
    // Connections from 127.0.0.1 to published ports leave by the bridge, and come back.
    sysctl::write(&format!("net/ipv4/conf/{name}/route_localnet"), "1")?;
    if sysctl::read(FORWARDING)? == "0" {
        sysctl::write(FORWARDING, "1")?;
    }
    Ok(link.index)
}

/// Removes a bridge, if there is one of that name.
pub fn delete_bridge(worker: &mut Worker, name: &str) -> Result<()> {
    match find(worker, name)? {
        Some(link) if link.kind.as_deref() == Some("bridge") => delete(worker, &link),
        _ => Ok(()),
    }
}

/// Removes an interface. Idempotent.
pub fn delete(worker: &mut Worker, link: &Link) -> Result<()> {
    let result = worker.route.request(&[route::delete_link(link.index)]);
    allow(result.map_err(|(_, e)| e), Errno::NODEV)
        .map_err(Error::kernel(format!("delete interface {}", link.name)))
}

/// The host's interface of this name.
pub fn find(worker: &mut Worker, name: &str) -> Result<Option<Link>> {
    route::find_link(&mut worker.route, name)
        .map_err(Error::kernel(format!("find interface {name}")))
}

fn create(worker: &mut Worker, bridge: &BridgeSpec) -> Result<Link> {
    let name = &bridge.interface;
    // An address of its own: else the bridge's changes with its ports, and ARP caches are wrong.
    let mac = MacAddress::from_ipv4(bridge.gateway);
    let result = worker
        .route
        .request(&[route::create_bridge(name, mac, bridge.mtu)]);
    allow(result.map_err(|(_, e)| e), Errno::EXIST)
        .map_err(Error::kernel(format!("create bridge {name}")))?;
    find(worker, name)?.ok_or_else(|| Error::NoBridge(name.clone()))
}
