//! Keeps the engine's nftables table as it is wanted.

use palan_model::network::BridgeSpec;
use rustix::io::Errno;

use super::rules::{
    self, BRIDGES, Mapping, Wanted, plan_ensure, plan_publish, plan_remove, plan_replace,
    plan_withdraw,
};
use crate::error::{Error, Result};
use crate::netlink::NetlinkError;
use crate::nftables::{Batch, Connection};

/// The table and what is known of it.
#[derive(Debug)]
pub struct Firewall {
    connection: Connection,
    table: String,
    wanted: Wanted,
    /// The generation of the host's rules in which the table was as wanted: while nobody changes any
    /// rule on the host, nothing needs to be looked at.
    verified: Option<u32>,
}

impl Firewall {
    /// Connects to the calling thread's network namespace; changes nothing.
    ///
    /// # Errors
    /// When the kernel has no nftables for us.
    pub fn open(table: &str) -> Result<Self> {
        Ok(Self {
            connection: Connection::open().map_err(Error::kernel("connect to nftables"))?,
            table: table.to_owned(),
            wanted: Wanted::default(),
            verified: None,
        })
    }

    /// Makes sure that the rules of a bridge are there, and repairs those of the others.
    ///
    /// # Errors
    /// The kernel's.
    pub fn ensure(&mut self, bridge: &BridgeSpec) -> Result<()> {
        let name = bridge.interface.clone();
        if self.wanted.bridges.get(&name) == Some(bridge) && self.is_verified() {
            return Ok(());
        }
        let old = self.wanted.bridges.insert(name.clone(), bridge.clone());
        let changed = old.as_ref().is_some_and(|old| old != bridge);
        let batch = if changed {
            plan_replace(&self.table, &self.wanted)
        } else {
            plan_ensure(&self.table, &self.wanted)
        };
        self.commit_whole(batch).map_err(|error| {
            match old {
                Some(old) => self.wanted.bridges.insert(name, old),
                None => self.wanted.bridges.remove(&name),
            };
            Error::kernel(format!("program the rules of {}", bridge.interface))(error)
        })
    }

    /// Withdraws the rules of a bridge; the table goes with the last one. Idempotent.
    ///
    /// # Errors
    /// The kernel's.
    pub fn remove(&mut self, bridge: &BridgeSpec) -> Result<()> {
        self.wanted.bridges.remove(&bridge.interface);
        let result = if self.wanted.bridges.is_empty() {
            self.commit_whole(plan_replace(&self.table, &self.wanted))
        } else {
            match self.commit(plan_remove(&self.table, bridge)) {
                Err(error) if error.is(Errno::NOENT) => {
                    self.commit_whole(plan_replace(&self.table, &self.wanted))
                }
                other => other,
            }
        };
        result.map_err(Error::kernel(format!(
            "remove the rules of {}",
            bridge.interface
        )))
    }

    /// Publishes ports; all or none. Repairs the table if somebody removed it.
    ///
    /// # Errors
    /// The kernel's.
    pub fn publish(&mut self, mappings: &[Mapping]) -> Result<()> {
        if mappings.is_empty() {
            return Ok(());
        }
        self.wanted.mappings.extend_from_slice(mappings);
        let result = match self.commit(plan_publish(&self.table, mappings)) {
            Err(error) if error.is(Errno::NOENT) => {
                self.commit_whole(plan_ensure(&self.table, &self.wanted))
            }
            // Something is left of a past life that no record knew.
            Err(error) if error.is(Errno::EXIST) => {
                self.commit_whole(plan_replace(&self.table, &self.wanted))
            }
            other => other,
        };
        result.map_err(|error| {
            self.wanted.mappings.retain(|m| !mappings.contains(m));
            Error::kernel("publish ports")(error)
        })
    }

    /// Withdraws ports. Idempotent.
    ///
    /// # Errors
    /// The kernel's.
    pub fn withdraw(&mut self, mappings: &[Mapping]) -> Result<()> {
        if mappings.is_empty() {
            return Ok(());
        }
        self.wanted.mappings.retain(|m| !mappings.contains(m));
        let mut result = self.commit(plan_withdraw(&self.table, mappings));
        if matches!(&result, Err(error) if error.is(Errno::NOENT)) {
            result = mappings.iter().try_for_each(|mapping| {
                let batch = plan_withdraw(&self.table, std::slice::from_ref(mapping));
                crate::netlink::allow(self.commit(batch), Errno::NOENT)
            });
        }
        result.map_err(Error::kernel("withdraw ports"))
    }

    /// Makes the table hold exactly this.
    ///
    /// # Errors
    /// The kernel's.
    pub fn replace(&mut self, wanted: Wanted) -> Result<()> {
        self.wanted = wanted;
        self.commit_whole(plan_replace(&self.table, &self.wanted))
            .map_err(Error::kernel(format!("program the table {}", self.table)))
    }

    /// The bridges that the table on the host names, whoever wrote it there.
    ///
    /// # Errors
    /// The kernel's.
    pub fn bridges_on_host(&mut self) -> Result<Vec<String>> {
        let elements = self
            .connection
            .elements(&self.table, BRIDGES.name)
            .map_err(Error::kernel(format!(
                "list the bridges of table {}",
                self.table
            )))?;
        Ok(elements
            .iter()
            .map(|e| rules::interface_of(&e.key))
            .collect())
    }

    fn is_verified(&mut self) -> bool {
        self.verified.is_some() && self.connection.generation().ok() == self.verified
    }

    /// Commits a change; the table is as wanted afterwards if it was before.
    fn commit(&mut self, batch: Batch) -> std::result::Result<(), NetlinkError> {
        let before = self.connection.generation()?;
        let as_wanted = self.verified == Some(before);
        self.commit_after(before, batch, as_wanted)
    }

    /// Commits a batch after which the table is as wanted, whatever it was before.
    fn commit_whole(&mut self, batch: Batch) -> std::result::Result<(), NetlinkError> {
        let before = self.connection.generation()?;
        self.commit_after(before, batch, true)
    }

    /// The generation afterwards is only trusted if nobody else committed beside us.
    fn commit_after(
        &mut self,
        before: u32,
        batch: Batch,
        as_wanted: bool,
    ) -> std::result::Result<(), NetlinkError> {
        self.verified = None;
        self.connection.commit(batch)?;
        let after = self.connection.generation()?;
        let alone = after == before.wrapping_add(1);
        self.verified = (as_wanted && alone).then_some(after);
        Ok(())
    }
}
