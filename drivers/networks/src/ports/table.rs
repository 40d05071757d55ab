//! The host ports of this engine's containers.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::os::fd::OwnedFd;

use palan_model::network::PublishSpec;
use palan_model::port::{Protocol, PublishedPort};
use rustix::io::Errno;

use crate::error::{Error, Result};

/// Takes a port on the host for real; see [`super::occupy`].
pub type Probe<'a> =
    &'a mut dyn FnMut(Protocol, Ipv4Addr, u16) -> std::result::Result<Option<OwnedFd>, Errno>;

type Key = (Protocol, Ipv4Addr, u16);

/// Ports that are taken, each with the socket that keeps it.
#[derive(Debug)]
pub struct PortTable {
    taken: HashMap<Key, Option<OwnedFd>>,
    ephemeral: RangeInclusive<u16>,
    /// Where to look for the next ephemeral port.
    next: HashMap<(Protocol, Ipv4Addr), u16>,
}

impl PortTable {
    /// An empty table that chooses ephemeral ports from this range.
    #[must_use]
    pub fn new(ephemeral: RangeInclusive<u16>) -> Self {
        Self {
            taken: HashMap::new(),
            ephemeral,
            next: HashMap::new(),
        }
    }

    /// Takes a port for each spec, in their order, or none at all. Fixed ports are chosen first, so
    /// that a range or an ephemeral port does not get in their way.
    ///
    /// # Errors
    /// The first port that is not to be had; nothing is taken then.
    pub fn reserve(
        &mut self,
        specs: &[PublishSpec],
        probe: Probe<'_>,
    ) -> Result<Vec<PublishedPort>> {
        let mut order: Vec<_> = (0..specs.len()).collect();
        order.sort_by_key(|i| freedom(&specs[*i]));
        let mut chosen: Vec<(usize, PublishedPort)> = Vec::with_capacity(specs.len());
        for i in order {
            match self.reserve_one(&specs[i], probe) {
                Ok(port) => chosen.push((i, port)),
                Err(error) => {
                    chosen.iter().for_each(|(_, port)| self.release(port));
                    return Err(error);
                }
            }
        }
        chosen.sort_by_key(|(i, _)| *i);
        Ok(chosen.into_iter().map(|(_, port)| port).collect())
    }

    /// Takes a port that a live container has had, even if the host does not let us have the socket.
    pub fn restore(&mut self, port: &PublishedPort, probe: Probe<'_>) {
        let Some(key) = key(port) else { return };
        let socket = probe(key.0, key.1, key.2).unwrap_or_else(|errno| {
            tracing::warn!(port = %key.2, address = %key.1, %errno, "a process of the host uses a published port");
            None
        });
        self.taken.insert(key, socket);
    }

    /// Gives a port back. Idempotent.
    pub fn release(&mut self, port: &PublishedPort) {
        if let Some(key) = key(port) {
            self.taken.remove(&key);
        }
    }

    /// Gives all ports back.
    pub fn clear(&mut self) {
        self.taken.clear();
    }

    fn reserve_one(&mut self, spec: &PublishSpec, probe: Probe<'_>) -> Result<PublishedPort> {
        let address = match spec.host_ip {
            None => Ipv4Addr::UNSPECIFIED,
            Some(IpAddr::V4(address)) => address,
            Some(other) => return Err(Error::NotIpv4(other)),
        };
        let protocol = spec.container.protocol;
        let host_port = match spec.host_ports {
            Some((first, last)) if first >= last => {
                self.take(protocol, address, first, probe)?;
                first
            }
            Some((first, last)) => self.take_any(protocol, address, first..=last, first, probe)?,
            None => self.take_ephemeral(protocol, address, probe)?,
        };
        Ok(PublishedPort {
            container: spec.container,
            host_ip: IpAddr::V4(address),
            host_port,
        })
    }

    /// Like Docker, goes on where it stopped: a port that just became free is not soon used again.
    fn take_ephemeral(
        &mut self,
        protocol: Protocol,
        address: Ipv4Addr,
        probe: Probe<'_>,
    ) -> Result<u16> {
        let range = self.ephemeral.clone();
        let start = self.next.get(&(protocol, address)).copied();
        let start = start.unwrap_or(*range.start());
        let port = self.take_any(protocol, address, range.clone(), start, probe)?;
        let next = if port >= *range.end() {
            *range.start()
        } else {
            port + 1
        };
        self.next.insert((protocol, address), next);
        Ok(port)
    }

    fn take_any(
        &mut self,
        protocol: Protocol,
        address: Ipv4Addr,
        range: RangeInclusive<u16>,
        start: u16,
        probe: Probe<'_>,
    ) -> Result<u16> {
        for port in (start..=*range.end()).chain(*range.start()..start) {
            match self.take(protocol, address, port, probe) {
                Ok(()) => return Ok(port),
                Err(Error::PortAllocated { .. }) => {}
                Err(Error::PortUnavailable {
                    errno: Errno::ADDRINUSE,
                    ..
                }) => {}
                Err(other) => return Err(other),
            }
        }
        Err(Error::PortsExhausted {
            address: address.into(),
            first: *range.start(),
            last: *range.end(),
        })
    }

    fn take(
        &mut self,
        protocol: Protocol,
        address: Ipv4Addr,
        port: u16,
        probe: Probe<'_>,
    ) -> Result<()> {
        let key = (protocol, address, port);
        if self.taken.contains_key(&key) {
            return Err(Error::PortAllocated {
                address: address.into(),
                port,
            });
        }
        let socket = probe(protocol, address, port).map_err(|errno| Error::PortUnavailable {
            protocol,
            address: address.into(),
            port,
            errno,
        })?;
        self.taken.insert(key, socket);
        Ok(())
    }
}

/// How many ports would do: one, some, any.
fn freedom(spec: &PublishSpec) -> u8 {
    match spec.host_ports {
        Some((first, last)) if first >= last => 0,
        Some(_) => 1,
        None => 2,
    }
}

fn key(port: &PublishedPort) -> Option<Key> {
    match port.host_ip {
        IpAddr::V4(address) => Some((port.container.protocol, address, port.host_port)),
        IpAddr::V6(_) => None,
    }
}
