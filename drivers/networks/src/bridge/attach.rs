//! Connecting a container to its bridge, and back.
//!
//! ```text
//! take host ports -> veth pair -> address, route -> switch port -> publish     (the order)
//!   give back     <- delete it <---------- (of a failure at any of these)
//! ```

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use palan_contracts::AttachmentSpec;
use palan_model::network::{BridgeSpec, EndpointLease, PublishSpec};
use palan_model::port::{Protocol, PublishedPort};
use rustix::io::Errno;

use super::driver::Shared;
use super::ensure::{delete, ensure_bridge, find};
use super::rules::Mapping;
use crate::conntrack::{Conntrack, Flows};
use crate::error::{Error, Result};
use crate::names::MacAddress;
use crate::netlink::Socket;
use crate::route::{self, Veth};
use crate::worker::Worker;
use crate::{ports, sandbox};

/// How often and how long to wait for an interface to pass packets, on kernels before 6.8 only.
const SWITCH_TRIES: u32 = 50;
const SWITCH_PAUSE: Duration = Duration::from_micros(200);
/// How often and how long to wait for a port that a process of the host has. It may be our own child
/// between `fork` and `exec`, with a copy of a socket that we have just closed.
const PORT_TRIES: u32 = 20;
const PORT_PAUSE: Duration = Duration::from_millis(1);

/// An attachment to make.
#[derive(Debug)]
pub struct Attachment {
    /// The container's network namespace.
    pub sandbox: OwnedFd,
    /// The bridge.
    pub bridge: BridgeSpec,
    /// What is asked.
    pub spec: AttachmentSpec,
}

/// Makes an attachment: all of it or nothing.
pub fn attach(shared: &Shared, worker: &mut Worker, wanted: &Attachment) -> Result<EndpointLease> {
    let spec = &wanted.spec;
    let mac = match &spec.mac {
        Some(text) => text.parse()?,
        None => MacAddress::from_ipv4(spec.address),
    };
    let published = reserve(shared, &spec.publish)?;
    let lease = EndpointLease {
        id: spec.id.clone(),
        address: spec.address,
        mac: mac.to_string(),
        host_interface: shared.prefix.host_interface(&spec.id),
        ports: published,
    };
    let result = connect(worker, wanted, &lease, mac)
        .and_then(|()| publish(shared, &lease).inspect_err(|_| disconnect(worker, &lease)));
    if result.is_err() {
        release(shared, &lease.ports);
    }
    result.map(|()| lease)
}

/// Withdraws an attachment's ports. Idempotent.
pub fn detach(shared: &Shared, lease: &EndpointLease) -> Result<()> {
    let result = shared.firewall().withdraw(&Mapping::of(lease));
    release(shared, &lease.ports);
    if lease.ports.iter().any(is_udp) {
        forget(&[Flows::To(lease.address), Flows::From(lease.address)])?;
    }
    result
}

/// Undoes an attachment that nobody waits for any more.
pub fn abandon(shared: &Shared, worker: &mut Worker, lease: &EndpointLease) {
    disconnect(worker, lease);
    if let Err(error) = detach(shared, lease) {
        tracing::warn!(endpoint = %lease.id.short(), error = %error.chain(), "an abandoned attachment was not undone");
    }
}

fn reserve(shared: &Shared, wanted: &[PublishSpec]) -> Result<Vec<PublishedPort>> {
    let mut tries = 0;
    loop {
        let result = shared.ports().reserve(wanted, &mut ports::occupy);
        tries += 1;
        match result {
            Err(Error::PortUnavailable {
                errno: Errno::ADDRINUSE,
                ..
            }) if tries < PORT_TRIES => std::thread::sleep(PORT_PAUSE),
            other => return other,
        }
    }
}

fn release(shared: &Shared, published: &[PublishedPort]) {
    let mut ports = shared.ports();
    published.iter().for_each(|port| ports.release(port));
}

fn connect(
    worker: &mut Worker,
    wanted: &Attachment,
    lease: &EndpointLease,
    mac: MacAddress,
) -> Result<()> {
    let master = match find(worker, &wanted.bridge.interface)? {
        Some(link) => link.index,
        None => ensure_bridge(worker, &wanted.bridge)?,
    };
    create_pair(worker, wanted, lease, mac, master)?;
    let home = worker.home.as_fd();
    sandbox::within(home, wanted.sandbox.as_fd(), || configure(wanted))
        .and_then(|()| switch(worker, &wanted.bridge.interface, lease, mac))
        .inspect_err(|_| disconnect(worker, lease))
}

fn create_pair(
    worker: &mut Worker,
    wanted: &Attachment,
    lease: &EndpointLease,
    mac: MacAddress,
    master: u32,
) -> Result<()> {
    let mut requests = vec![route::create_veth(&Veth {
        host: &lease.host_interface,
        master,
        mtu: wanted.bridge.mtu,
        peer: &wanted.spec.interface,
        mac,
        sandbox: wanted.sandbox.as_fd(),
    })];
    if !lease.ports.is_empty() {
        requests.push(route::reflect(&lease.host_interface));
    }
    worker
        .route
        .request(&requests)
        .map_err(|(position, error)| {
            if position > 0 {
                disconnect(worker, lease);
            }
            Error::kernel(format!("create interface {}", lease.host_interface))(error)
        })
}

/// Inside the container's namespace: address, up, default route.
fn configure(wanted: &Attachment) -> Result<()> {
    let spec = &wanted.spec;
    let name = &spec.interface;
    let mut socket = Socket::open(None).map_err(Error::kernel("open a netlink socket"))?;
    let link = route::find_link(&mut socket, name)
        .map_err(Error::kernel(format!(
            "find interface {name} of the container"
        )))?
        .ok_or_else(|| Error::InterfaceName(name.clone()))?;
    let mut requests = vec![
        route::add_address(link.index, spec.address, wanted.bridge.subnet.prefix),
        route::set_up(link.index),
    ];
    if spec.default_route {
        requests.push(route::add_default_route(wanted.bridge.gateway));
    }
    socket.request(&requests).map_err(|(position, error)| {
        let action = match position {
            0 => format!("give {name} of the container the address {}", spec.address),
            1 => format!("bring up {name} of the container"),
            _ => format!("route the container through {}", wanted.bridge.gateway),
        };
        Error::kernel(action)(error)
    })
}

/// Waits until the bridge passes the container's packets, and tells it where the container is.
///
/// A packet that comes too early is lost; host or container would ask for the other's address again
/// only a second later. The bridge itself passes packets from when its first port does.
fn switch(worker: &mut Worker, bridge: &str, lease: &EndpointLease, mac: MacAddress) -> Result<()> {
    let name = &lease.host_interface;
    let port = wait_until_running(worker, name)?;
    wait_until_running(worker, bridge)?;
    worker
        .route
        .request(&[route::pin_to_port(port, mac)])
        .map_err(|(_, e)| Error::kernel(format!("tell the bridge what is behind {name}"))(e))
}

/// Waits for an interface, not forever, and returns its number.
fn wait_until_running(worker: &mut Worker, name: &str) -> Result<u32> {
    let mut tries = 0;
    loop {
        let link = find(worker, name)?.ok_or_else(|| Error::InterfaceName(name.to_owned()))?;
        tries += 1;
        if link.running || tries == SWITCH_TRIES {
            return Ok(link.index);
        }
        std::thread::sleep(SWITCH_PAUSE);
    }
}

fn publish(shared: &Shared, lease: &EndpointLease) -> Result<()> {
    shared.firewall().publish(&Mapping::of(lease))?;
    // Flows that began before the port was published would go on to pass it by.
    let udp = lease.ports.iter().filter(|port| is_udp(port));
    let flows: Vec<_> = udp.map(|port| Flows::ToPort(port.host_port)).collect();
    if let Err(error) = forget(&flows) {
        tracing::warn!(endpoint = %lease.id.short(), error = %error.chain(), "old UDP flows may pass the container by");
    }
    Ok(())
}

fn is_udp(port: &PublishedPort) -> bool {
    port.container.protocol == Protocol::Udp
}

fn forget(flows: &[Flows]) -> Result<()> {
    if flows.is_empty() {
        return Ok(());
    }
    let mut conntrack = Conntrack::open().map_err(Error::kernel("open a netlink socket"))?;
    for flow in flows {
        match conntrack.forget(*flow) {
            // A kernel without this list keeps no flows either.
            Err(error) if !error.is(Errno::OPNOTSUPP) && !error.is(Errno::INVAL) => {
                return Err(Error::kernel("forget UDP flows")(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes the interface away again. Off the start path: the attachment failed.
fn disconnect(worker: &mut Worker, lease: &EndpointLease) {
    let result = find(worker, &lease.host_interface)
        .and_then(|link| link.map_or(Ok(()), |link| delete(worker, &link)));
    if let Err(error) = result {
        tracing::warn!(interface = %lease.host_interface, error = %error.chain(), "an interface was left behind");
    }
}
