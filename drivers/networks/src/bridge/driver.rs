//! [`BridgeDriver`]: the contract's methods, each a job for the driver's threads.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use palan_contracts::{AttachmentSpec, NetworkDriver};
use palan_model::network::{EndpointLease, NetworkRecord, Subnet};

use super::attach::{Attachment, abandon, attach, detach};
use super::ensure::{bridge_of, delete_bridge, ensure_bridge};
use super::firewall::Firewall;
use super::reconcile::reconcile;
use crate::error::{Error, Result};
use crate::names::InterfacePrefix;
use crate::ports::PortTable;
use crate::sandbox::{self, Ready};
use crate::worker::{Worker, Workers};
use crate::{subnets, sysctl};

/// What tells one engine's networks from another's, and a few limits.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// Name of the engine's nftables table.
    pub table: String,
    /// Prefix of the names of containers' interfaces on the host: 1 to 6 lower-case letters and digits.
    pub interface_prefix: String,
    /// Host ports for containers whose users name none, as Docker chooses them.
    pub ephemeral_ports: RangeInclusive<u16>,
    /// Network namespaces that are kept ready.
    pub ready_sandboxes: usize,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            table: "palan".to_owned(),
            interface_prefix: "pln".to_owned(),
            ephemeral_ports: 49153..=65535,
            ready_sandboxes: 4,
        }
    }
}

/// Threads that make attachments. The kernel serialises most of the work, so more do not help.
const THREADS: usize = 2;

/// What the jobs share.
#[derive(Debug)]
pub struct Shared {
    /// See [`NetworkConfig::interface_prefix`].
    pub prefix: InterfacePrefix,
    firewall: Mutex<Firewall>,
    ports: Mutex<PortTable>,
    ready: Ready,
}

impl Shared {
    /// The firewall. Locked on the driver's threads only.
    pub fn firewall(&self) -> MutexGuard<'_, Firewall> {
        self.firewall.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host ports. Locked on the driver's threads only, never while the firewall is.
    pub fn ports(&self) -> MutexGuard<'_, PortTable> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Networks of Linux bridges. See [`crate::bridge`].
#[derive(Debug)]
pub struct BridgeDriver {
    shared: Arc<Shared>,
    workers: Workers,
    /// Makes namespaces ahead of time, beside the start of containers.
    background: Workers,
}

impl BridgeDriver {
    /// A driver for the network namespace of the calling thread. Changes nothing on the host yet.
    ///
    /// # Errors
    /// When the configuration is invalid or the kernel has no netlink for us.
    pub fn new(config: NetworkConfig) -> std::result::Result<Self, Error> {
        let shared = Shared {
            prefix: config.interface_prefix.parse()?,
            firewall: Mutex::new(Firewall::open(&config.table)?),
            ports: Mutex::new(PortTable::new(config.ephemeral_ports)),
            ready: Ready::new(config.ready_sandboxes),
        };
        let driver = Self {
            shared: Arc::new(shared),
            workers: Workers::start(THREADS)?,
            background: Workers::start(1)?,
        };
        driver.refill();
        Ok(driver)
    }

    /// Runs a job on one of the threads, with what the jobs share.
    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Shared, &mut Worker) -> Result<T> + Send + 'static,
    ) -> palan_contracts::Result<T> {
        let shared = Arc::clone(&self.shared);
        Ok(self.workers.run(move |worker| job(&shared, worker)).await?)
    }

    fn refill(&self) {
        let shared = Arc::clone(&self.shared);
        self.background.submit(move |worker| {
            if let Err(error) = shared.ready.refill(&worker.home) {
                tracing::warn!(error = %error.chain(), "no network namespace could be made ready");
            }
        });
    }
}

#[async_trait]
impl NetworkDriver for BridgeDriver {
    async fn free_subnet(&self, taken: &[Subnet]) -> palan_contracts::Result<Subnet> {
        let mut used = taken.to_vec();
        self.run(move |_, worker| {
            used.extend(subnets::of_host(&mut worker.route)?);
            subnets::first_free(&used).ok_or(Error::SubnetsExhausted)
        })
        .await
    }

    async fn ensure_network(&self, network: &NetworkRecord) -> palan_contracts::Result<()> {
        let Some(bridge) = bridge_of(network)?.cloned() else {
            return Ok(());
        };
        self.run(move |shared, worker| {
            // Rules first: the table is the host's record of which bridges are ours.
            shared.firewall().ensure(&bridge)?;
            ensure_bridge(worker, &bridge).map(drop)
        })
        .await
    }

    async fn remove_network(&self, network: &NetworkRecord) -> palan_contracts::Result<()> {
        let Some(bridge) = bridge_of(network)?.cloned() else {
            return Ok(());
        };
        self.run(move |shared, worker| {
            delete_bridge(worker, &bridge.interface)?;
            shared.firewall().remove(&bridge)
        })
        .await
    }

    async fn create_sandbox(
        &self,
        sysctls: &[(String, String)],
    ) -> palan_contracts::Result<OwnedFd> {
        let ready = self.shared.ready.take();
        self.refill();
        match ready {
            Some(ready) if sysctls.is_empty() => Ok(ready),
            ready => {
                let sysctls = sysctls.to_vec();
                self.run(move |_, worker| prepare(worker, ready, &sysctls))
                    .await
            }
        }
    }

    async fn attach(
        &self,
        sandbox: BorrowedFd<'_>,
        network: &NetworkRecord,
        spec: AttachmentSpec,
    ) -> palan_contracts::Result<EndpointLease> {
        let bridge = bridge_of(network)?.cloned();
        let wanted = Attachment {
            sandbox: sandbox
                .try_clone_to_owned()
                .map_err(|source| Error::Namespace {
                    action: "hold the network namespace of the container",
                    source,
                })?,
            bridge: bridge.ok_or_else(|| Error::NoBridge(network.name.clone()))?,
            spec,
        };
        let shared = Arc::clone(&self.shared);
        let shared_for_undo = Arc::clone(&self.shared);
        let lease = self.workers.run_or_undo(
            move |worker| attach(&shared, worker, &wanted),
            move |worker, lease| abandon(&shared_for_undo, worker, &lease),
        );
        Ok(lease.await?)
    }

    async fn detach(
        &self,
        _network: &NetworkRecord,
        lease: &EndpointLease,
    ) -> palan_contracts::Result<()> {
        let lease = lease.clone();
        self.run(move |shared, _| detach(shared, &lease)).await
    }

    async fn reconcile(
        &self,
        networks: &[NetworkRecord],
        live: &[EndpointLease],
    ) -> palan_contracts::Result<()> {
        let mut bridges = BTreeMap::new();
        for network in networks {
            if let Some(bridge) = bridge_of(network)? {
                bridges.insert(bridge.interface.clone(), bridge.clone());
            }
        }
        let live = live.to_vec();
        self.run(move |shared, worker| reconcile(shared, worker, bridges, &live))
            .await
    }
}

/// A namespace with these settings: one that is ready, or a new one.
fn prepare(
    worker: &mut Worker,
    ready: Option<OwnedFd>,
    sysctls: &[(String, String)],
) -> Result<OwnedFd> {
    use std::os::fd::AsFd;
    let home = worker.home.as_fd();
    let sandbox = match ready {
        Some(ready) => ready,
        None => sandbox::create(home)?,
    };
    sandbox::within(home, sandbox.as_fd(), || {
        sysctls
            .iter()
            .try_for_each(|(name, value)| sysctl::write_named(name, value))
    })?;
    Ok(sandbox)
}
