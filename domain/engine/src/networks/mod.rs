//! Networks: their records, and who holds which address.
//!
//! `bridge`, `host` and `none` always exist. The addresses in use are those of the leases kept here;
//! a lease is entered before the driver is asked, so that no address is given twice.

mod ipam;
mod predefined;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex};

use palan_contracts::{AttachmentSpec, NetworkDriver, Table};
use palan_model::ContainerId;
use palan_model::event::ObjectType;
use palan_model::id::EndpointId;
use palan_model::network::{EndpointLease, EndpointSpec, NetworkRecord, PublishSpec};

use crate::drivers::{Drivers, EngineConfig};
use crate::events::Events;
use crate::filter::{self, Filters};
use crate::records::Records;
use crate::{Error, Result};
use ipam::Leases;
pub use predefined::{BRIDGE, HOST, NONE};

/// A network and the containers on it.
#[derive(Clone, Debug)]
pub struct NetworkView {
    /// The network.
    pub record: NetworkRecord,
    /// Containers with live attachments: identifier, name, attachment.
    pub containers: Vec<(ContainerId, String, EndpointLease)>,
}

/// Who wants to be attached.
pub(crate) struct Attacher<'a> {
    pub container: &'a ContainerId,
    pub name: &'a str,
    pub spec: &'a EndpointSpec,
    pub publish: Vec<PublishSpec>,
    pub mac: Option<String>,
}

struct Entry {
    record: NetworkRecord,
    leases: Leases,
}

struct Inner {
    entries: Mutex<BTreeMap<String, Entry>>,
    driver: Arc<dyn NetworkDriver>,
    events: Events,
}

/// The networks of one engine.
#[derive(Clone)]
pub struct Networks(Arc<Inner>);

impl Networks {
    pub(crate) async fn open(
        drivers: &Drivers,
        config: &EngineConfig,
        records: &Records,
        events: Events,
    ) -> Result<Self> {
        let mut known: BTreeMap<String, NetworkRecord> = records
            .load::<NetworkRecord>(Table::Networks)
            .await?
            .into_iter()
            .map(|record| (record.name.clone(), record))
            .collect();
        for (name, driver) in predefined::ALL {
            if known.contains_key(name) {
                continue;
            }
            let bridge = match driver {
                "bridge" => Some(predefined::default_bridge(drivers, config).await?),
                _ => None,
            };
            let record = predefined::record(name, driver, bridge, drivers.clock.now());
            records.put(Table::Networks, name, &record).await?;
            known.insert(name.to_owned(), record);
        }
        for record in known.values().filter(|record| record.bridge.is_some()) {
            drivers.network.ensure_network(record).await?;
        }
        let entries = known
            .into_iter()
            .map(|(name, record)| {
                (
                    name,
                    Entry {
                        record,
                        leases: Leases::default(),
                    },
                )
            })
            .collect();
        let driver = drivers.network.clone();
        Ok(Self(Arc::new(Inner {
            entries: Mutex::new(entries),
            driver,
            events,
        })))
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Entry>> {
        self.0
            .entries
            .lock()
            .expect("no holder of this lock panics")
    }

    /// Networks that match, by name.
    ///
    /// # Errors
    /// Unknown filters.
    pub fn list(&self, filters: &Filters) -> Result<Vec<NetworkView>> {
        filter::check_names(
            filters,
            &["dangling", "driver", "id", "label", "name", "scope", "type"],
        )?;
        let dangling = filter::boolean(filters, "dangling")?;
        Ok(self
            .entries()
            .values()
            .map(view)
            .filter(|view| {
                let record = &view.record;
                filter::any(filters, "driver", |value| value == record.driver)
                    && filter::any(filters, "id", |value| record.id.as_str().starts_with(value))
                    && filter::any(filters, "name", |value| record.name.contains(value))
                    && filter::any(filters, "scope", |value| value == "local")
                    && filter::any(filters, "type", |value| value == "builtin")
                    && filter::labels(filters, &record.labels)
                    // The predefined networks never dangle.
                    && dangling != Some(true)
            })
            .collect())
    }

    /// One network, by name or by the beginning of its identifier.
    ///
    /// # Errors
    /// When there is none.
    pub fn inspect(&self, name: &str) -> Result<NetworkView> {
        let entries = self.entries();
        let entry = entries.get(name).or_else(|| {
            entries
                .values()
                .find(|entry| !name.is_empty() && entry.record.id.as_str().starts_with(name))
        });
        entry
            .map(view)
            .ok_or_else(|| Error::NoSuchNetwork(name.to_owned()))
    }

    /// A new network namespace.
    pub(crate) async fn sandbox(&self, sysctls: &[(String, String)]) -> Result<OwnedFd> {
        Ok(self.0.driver.create_sandbox(sysctls).await?)
    }

    /// Gives the container an address and connects its sandbox.
    pub(crate) async fn attach(
        &self,
        network: &str,
        sandbox: BorrowedFd<'_>,
        attacher: Attacher<'_>,
    ) -> Result<EndpointLease> {
        let (record, address) = self.reserve(network, attacher.spec.ipv4_address)?;
        let id = EndpointId::random();
        let spec = AttachmentSpec {
            id: id.clone(),
            address,
            mac: attacher.mac.or_else(|| attacher.spec.mac_address.clone()),
            interface: "eth0".to_owned(),
            default_route: true,
            publish: attacher.publish,
        };
        let attached = self.0.driver.attach(sandbox, &record, spec).await;
        let mut entries = self.entries();
        let leases = &mut entries
            .get_mut(network)
            .ok_or_else(|| Error::NoSuchNetwork(network.to_owned()))?
            .leases;
        leases.settle(address);
        let lease = attached.map_err(|error| connectivity_error(attacher.name, &id, error))?;
        leases.hold(attacher.container, attacher.name, &lease);
        drop(entries);
        self.publish("connect", &record, attacher.container);
        Ok(lease)
    }

    fn reserve(
        &self,
        network: &str,
        wanted: Option<Ipv4Addr>,
    ) -> Result<(NetworkRecord, Ipv4Addr)> {
        let mut entries = self.entries();
        let entry = entries
            .get_mut(network)
            .ok_or_else(|| Error::NoSuchNetwork(network.to_owned()))?;
        let bridge = entry.record.bridge.as_ref().ok_or_else(|| {
            Error::InvalidParameter(format!("network {network} gives no addresses"))
        })?;
        let address = entry.leases.reserve(network, bridge, wanted)?;
        Ok((entry.record.clone(), address))
    }

    /// Withdraws a container's ports and gives its address back. Idempotent.
    pub(crate) async fn detach(
        &self,
        network: &str,
        container: &ContainerId,
        lease: &EndpointLease,
    ) -> Result<()> {
        let Some(record) = self
            .entries()
            .get(network)
            .map(|entry| entry.record.clone())
        else {
            return Ok(());
        };
        let detached = self.0.driver.detach(&record, lease).await;
        if let Some(entry) = self.entries().get_mut(network) {
            entry.leases.give_back(container, lease);
        }
        self.publish("disconnect", &record, container);
        Ok(detached?)
    }

    /// A container was renamed.
    pub(crate) fn rename(&self, container: &ContainerId, name: &str) {
        for entry in self.entries().values_mut() {
            entry.leases.rename(container, name);
        }
    }

    /// Enters a lease that an earlier engine gave out and that is still alive.
    pub(crate) fn restore(
        &self,
        network: &str,
        container: &ContainerId,
        name: &str,
        lease: &EndpointLease,
    ) {
        if let Some(entry) = self.entries().get_mut(network) {
            entry.leases.hold(container, name, lease);
        }
    }

    /// Makes the host match the leases that are held.
    pub(crate) async fn reconcile(&self) -> Result<()> {
        let (records, live) = {
            let entries = self.entries();
            let records: Vec<_> = entries
                .values()
                .map(|entry| entry.record.clone())
                .filter(|record| record.bridge.is_some())
                .collect();
            let live: Vec<_> = entries
                .values()
                .flat_map(|entry| entry.leases.held().map(|(_, _, lease)| lease.clone()))
                .collect();
            (records, live)
        };
        Ok(self.0.driver.reconcile(&records, &live).await?)
    }

    /// Removes what the networks have on the host; their records stay.
    pub(crate) async fn take_down(&self) -> Result<()> {
        let records: Vec<_> = self
            .entries()
            .values()
            .map(|entry| entry.record.clone())
            .collect();
        for record in records.iter().filter(|record| record.bridge.is_some()) {
            self.0.driver.remove_network(record).await?;
        }
        Ok(())
    }

    /// Tells that a container joined or left a network.
    pub(crate) fn publish(&self, action: &str, network: &NetworkRecord, container: &ContainerId) {
        let attributes = [
            ("container", container.to_string()),
            ("name", network.name.clone()),
            ("type", network.driver.clone()),
        ];
        self.0.events.publish(
            ObjectType::Network,
            action,
            network.id.as_str(),
            attributes
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect(),
        );
    }
}

fn view(entry: &Entry) -> NetworkView {
    let containers = entry.leases.held();
    NetworkView {
        record: entry.record.clone(),
        containers: containers
            .map(|(id, name, lease)| (id.clone(), name.to_owned(), lease.clone()))
            .collect(),
    }
}

/// Docker names the endpoint when publishing its ports failed.
fn connectivity_error(name: &str, id: &EndpointId, error: palan_contracts::Error) -> Error {
    match error.kind() {
        palan_model::ErrorKind::Conflict => Error::StartFailed {
            kind: palan_model::ErrorKind::System,
            exit_code: 128,
            message: format!(
                "driver failed programming external connectivity on endpoint {name} ({id}): {}",
                error.chain()
            ),
        },
        _ => error.into(),
    }
}
