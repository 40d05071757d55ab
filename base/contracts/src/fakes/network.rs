//! A network that only keeps its books.

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{BorrowedFd, OwnedFd};

use async_trait::async_trait;
use palan_model::ErrorKind;
use palan_model::network::{EndpointLease, NetworkRecord, Subnet};
use palan_model::port::PublishedPort;

use super::World;
use crate::{AttachmentSpec, Error, NetworkDriver, Result};

/// A live attachment.
#[derive(Clone, Debug)]
pub struct Attached {
    /// What it holds.
    pub lease: EndpointLease,
}

const FIRST_EPHEMERAL: u16 = 49153;

#[async_trait]
impl NetworkDriver for World {
    async fn free_subnet(&self, _taken: &[Subnet]) -> Result<Subnet> {
        Ok(Subnet {
            address: Ipv4Addr::new(172, 17, 0, 0),
            prefix: 16,
        })
    }

    async fn ensure_network(&self, _network: &NetworkRecord) -> Result<()> {
        Ok(())
    }

    async fn remove_network(&self, _network: &NetworkRecord) -> Result<()> {
        Ok(())
    }

    async fn create_sandbox(&self, _sysctls: &[(String, String)]) -> Result<OwnedFd> {
        self.step().await;
        let file = std::fs::File::open("/dev/null");
        Ok(file
            .map_err(|error| Error::new(ErrorKind::System, error))?
            .into())
    }

    async fn attach(
        &self,
        _sandbox: BorrowedFd<'_>,
        _network: &NetworkRecord,
        spec: AttachmentSpec,
    ) -> Result<EndpointLease> {
        self.effect(|contents| {
            let used: Vec<u16> = contents
                .leases
                .values()
                .flat_map(|attached| attached.lease.ports.iter().map(|port| port.host_port))
                .collect();
            let mut ports = vec![];
            for wanted in &spec.publish {
                let host_port = match wanted.host_ports {
                    Some((first, _)) if used.contains(&first) => {
                        return Err(Error::new(
                            ErrorKind::Conflict,
                            format!("Bind for 0.0.0.0:{first} failed: port is already allocated"),
                        ));
                    }
                    Some((first, _)) => first,
                    None => FIRST_EPHEMERAL,
                };
                ports.push(PublishedPort {
                    container: wanted.container,
                    host_ip: wanted.host_ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                    host_port,
                });
            }
            let lease = EndpointLease {
                id: spec.id.clone(),
                address: spec.address,
                mac: "02:42:ac:11:00:02".to_owned(),
                host_interface: format!("veth{}", &spec.id.short()[..7]),
                ports,
            };
            contents.leases.insert(
                spec.id,
                Attached {
                    lease: lease.clone(),
                },
            );
            Ok(lease)
        })
        .await
    }

    async fn detach(&self, _network: &NetworkRecord, lease: &EndpointLease) -> Result<()> {
        self.effect(|contents| contents.leases.remove(&lease.id))
            .await;
        Ok(())
    }

    async fn reconcile(&self, _networks: &[NetworkRecord], live: &[EndpointLease]) -> Result<()> {
        self.effect(|contents| {
            contents
                .leases
                .retain(|id, _| live.iter().any(|lease| lease.id == *id));
        })
        .await;
        Ok(())
    }
}
