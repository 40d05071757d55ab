//! The engine as a whole: its parts, and how it comes up.

use std::sync::Arc;

use palan_contracts::{Change, Table};
use palan_model::NetworkId;

use crate::containers::{Containers, Services};
use crate::drivers::{Drivers, EngineConfig};
use crate::events::Events;
use crate::execs::Execs;
use crate::images::Images;
use crate::networks::Networks;
use crate::records::Records;
use crate::system::System;
use crate::volumes::Volumes;
use crate::{Error, Result};

const ID_KEY: &str = "id";

/// One engine. A cheap handle: clones are the same engine.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct Engine {
    pub containers: Containers,
    pub execs: Execs,
    pub images: Images,
    pub volumes: Volumes,
    pub networks: Networks,
    pub events: Events,
    pub system: System,
}

impl Engine {
    /// Loads the records and makes the host match them.
    ///
    /// # Errors
    /// When the store is damaged or the host refuses what an engine needs.
    pub async fn open(drivers: Drivers, config: EngineConfig) -> Result<Self> {
        let config = Arc::new(config);
        let records = Records::new(drivers.state.clone());
        let events = Events::new(drivers.clock.clone());
        let builtin = config.builtin_images.clone();
        let images = Images::open(&drivers, builtin, records.clone(), events.clone()).await?;
        let volumes = Volumes::open(&drivers, records.clone(), events.clone()).await?;
        let networks = Networks::open(&drivers, &config, &records, events.clone()).await?;
        let id = engine_id(&drivers).await?;
        let services = Services {
            images: images.clone(),
            volumes: volumes.clone(),
            networks: networks.clone(),
            events: events.clone(),
        };
        let containers = Containers::new(drivers, config.clone(), records, services);
        containers.reconcile().await?;
        images.collect().await?;
        let system = System::new(id, config, containers.clone(), images.clone());
        let execs = Execs::new(containers.clone());
        Ok(Self {
            containers,
            execs,
            images,
            volumes,
            networks,
            events,
            system,
        })
    }

    /// Before the engine ends by itself: what the host has only for it goes, unless containers run.
    pub async fn shutdown(&self) {
        let idle = self
            .containers
            .phases()
            .into_iter()
            .all(crate::containers::is_removable);
        if !idle {
            return;
        }
        if let Err(error) = self.networks.take_down().await {
            tracing::warn!("failed to take the networks down: {error}");
        }
        if let Err(error) = self.containers.tidy().await {
            tracing::warn!("failed to remove the parent cgroup: {error}");
        }
    }
}

/// The engine's identifier: made once, kept with its data.
async fn engine_id(drivers: &Drivers) -> Result<String> {
    let known = drivers.state.load(Table::Engine).await?;
    if let Some((_, value)) = known.into_iter().find(|(key, _)| key == ID_KEY) {
        return String::from_utf8(value)
            .map_err(|_| Error::Conflict("the stored engine identifier is damaged".to_owned()));
    }
    let random = NetworkId::random();
    let id = uuid_of(random.as_str());
    let value = id.clone().into_bytes();
    let change = Change::Put {
        table: Table::Engine,
        key: ID_KEY.to_owned(),
        value,
    };
    drivers.state.apply(vec![change]).await?;
    Ok(id)
}

/// The first digits in the form of a random UUID (RFC 9562, version 4).
fn uuid_of(hex: &str) -> String {
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}
