//! A container's network namespace: made, connected and left; or another's.

use std::net::Ipv4Addr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use palan_model::network::PublishSpec;
use palan_model::run::Namespace;

use super::actor::Actor;
use crate::networks::{Attacher, HOST, NONE};
use crate::{Error, Result};

impl Actor {
    /// Where the network namespace comes from, connected to the container's networks.
    pub(super) async fn open_sandbox(&mut self) -> Result<(Namespace, Option<OwnedFd>)> {
        let mode = self.record.host.network_mode.clone();
        if let Some(other) = mode.strip_prefix("container:") {
            return Ok((Namespace::Join(self.namespace_of(other, "net")?), None));
        }
        if mode == HOST {
            return Ok((Namespace::Host, None));
        }
        let sysctls: Vec<_> = self
            .record
            .host
            .sysctls
            .iter()
            .filter(|(key, _)| key.starts_with("net."))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        for name in self.record.networks.keys() {
            self.shared.networks.inspect(name)?;
        }
        let sandbox = self.shared.networks.sandbox(&sysctls).await?;
        if mode != NONE
            && !self.record.config.network_disabled
            && let Err(error) = self.join_networks(&sandbox).await
        {
            self.leave_networks().await;
            return Err(error);
        }
        Ok((Namespace::Join(PathBuf::new()), Some(sandbox)))
    }

    async fn join_networks(&mut self, sandbox: &OwnedFd) -> Result<()> {
        let names: Vec<_> = self.record.networks.keys().cloned().collect();
        for name in names {
            let endpoint = self.record.networks[&name].clone();
            let attacher = Attacher {
                container: &self.record.id,
                name: self.record.name.as_str(),
                spec: &endpoint.spec,
                publish: self.wanted_ports(),
                mac: Some(self.record.config.mac_address.clone()).filter(|mac| !mac.is_empty()),
            };
            let lease = self
                .shared
                .networks
                .attach(&name, sandbox.as_fd(), attacher)
                .await?;
            if let Some(endpoint) = self.record.networks.get_mut(&name) {
                endpoint.network = Some(self.shared.networks.inspect(&name)?.record.id);
                endpoint.lease = Some(lease);
            }
        }
        Ok(())
    }

    /// Gives back what the networks gave. Idempotent.
    pub(super) async fn leave_networks(&mut self) {
        for (name, endpoint) in &mut self.record.networks {
            if let Some(lease) = endpoint.lease.take() {
                let left = self
                    .shared
                    .networks
                    .detach(name, &self.record.id, &lease)
                    .await;
                if let Err(error) = left {
                    tracing::warn!(
                        container = self.record.id.short(),
                        "failed to leave network {name}: {error}"
                    );
                }
            }
        }
    }

    fn wanted_ports(&self) -> Vec<PublishSpec> {
        let host = &self.record.host;
        let asked = host.port_bindings.iter().flat_map(|(port, bindings)| {
            bindings.iter().map(|binding| PublishSpec {
                container: *port,
                host_ip: binding.host_ip,
                host_ports: binding
                    .host_port
                    .map(|first| (first, binding.host_port_end.unwrap_or(first))),
            })
        });
        let all = self
            .record
            .config
            .exposed_ports
            .iter()
            .filter(|port| host.publish_all_ports && !host.port_bindings.contains_key(port))
            .map(|port| PublishSpec {
                container: *port,
                host_ip: None,
                host_ports: None,
            });
        asked.chain(all).collect()
    }

    /// The container's first address and its gateway.
    pub(super) fn addresses(&self) -> (Option<Ipv4Addr>, Option<Ipv4Addr>) {
        let attached = self
            .record
            .networks
            .iter()
            .find_map(|(name, endpoint)| Some((name, endpoint.lease.as_ref()?.address)));
        let Some((name, address)) = attached else {
            return (None, None);
        };
        let view = self.shared.networks.inspect(name).ok();
        (
            Some(address),
            view.and_then(|view| view.record.bridge.map(|bridge| bridge.gateway)),
        )
    }

    pub(super) fn namespace_of(&self, container: &str, kind: &str) -> Result<PathBuf> {
        let other = self.shared.record(container)?;
        if !other.state.phase.is_alive() {
            return Err(Error::Conflict(format!(
                "cannot join {} namespace of a non running container: {}",
                kind.to_ascii_uppercase(),
                other.id
            )));
        }
        Ok(PathBuf::from(format!(
            "/proc/{}/ns/{kind}",
            other.state.pid
        )))
    }
}
