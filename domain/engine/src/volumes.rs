//! Volumes: records over the directories that a `VolumeStore` keeps.
//!
//! A record is written before its directory is made, and deleted after it is removed; a directory
//! without a record is adopted when the engine starts, because it may hold data. One writer at a time
//! makes, claims and removes: a volume that a container was promised is not removed, and a new volume
//! never meets the removal of the old one of the same name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use palan_contracts::{Clock, Table, VolumeStore};
use palan_model::event::ObjectType;
use palan_model::volume::VolumeRecord;
use palan_model::{ContainerId, VolumeName};

use crate::drivers::Drivers;
use crate::events::Events;
use crate::filter::{self, Filters};
use crate::records::Records;
use crate::task::to_completion;
use crate::{Error, Result};

/// What a client asks of a volume.
#[derive(Clone, Debug, Default)]
pub struct VolumeSpec {
    /// A random name when none: such a volume is anonymous.
    pub name: Option<String>,
    /// `local` or empty.
    pub driver: String,
    /// Options for the driver.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// What a prune removed.
#[derive(Clone, Debug, Default)]
pub struct Pruned {
    /// Identifiers or names of the removed objects.
    pub names: Vec<String>,
    /// Bytes freed.
    pub bytes: u64,
}

struct Entry {
    record: Arc<VolumeRecord>,
    /// Containers that mount it, running or not.
    users: Vec<ContainerId>,
}

struct Inner {
    /// Serialises making, claiming and removing.
    writer: tokio::sync::Mutex<()>,
    entries: Mutex<BTreeMap<VolumeName, Entry>>,
    store: Arc<dyn VolumeStore>,
    clock: Arc<dyn Clock>,
    records: Records,
    events: Events,
}

/// The volumes of one engine.
#[derive(Clone)]
pub struct Volumes(Arc<Inner>);

impl Volumes {
    pub(crate) async fn open(drivers: &Drivers, records: Records, events: Events) -> Result<Self> {
        let mut entries = BTreeMap::new();
        for mut record in records.load::<VolumeRecord>(Table::Volumes).await? {
            // Where it lies is the store's to say: the data may have moved, and an engine that died
            // while it made the volume did not know yet.
            record.mountpoint = drivers.volumes.create(&record.name).await?;
            entries.insert(
                record.name.clone(),
                Entry {
                    record: Arc::new(record),
                    users: vec![],
                },
            );
        }
        let inner = Inner {
            writer: tokio::sync::Mutex::default(),
            entries: Mutex::new(entries),
            store: drivers.volumes.clone(),
            clock: drivers.clock.clone(),
            records,
            events,
        };
        let volumes = Self(Arc::new(inner));
        volumes.adopt_orphans().await?;
        Ok(volumes)
    }

    async fn adopt_orphans(&self) -> Result<()> {
        for name in self.0.store.list().await? {
            if self.find(&name).is_none() {
                self.ensure(name, VolumeSpec::default(), false).await?;
            }
        }
        Ok(())
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<VolumeName, Entry>> {
        self.0
            .entries
            .lock()
            .expect("no holder of this lock panics")
    }

    fn find(&self, name: &VolumeName) -> Option<Arc<VolumeRecord>> {
        self.entries().get(name).map(|entry| entry.record.clone())
    }

    /// The volume, made when it does not exist. Idempotent.
    ///
    /// # Errors
    /// A bad name or an unknown driver.
    pub async fn create(&self, spec: VolumeSpec) -> Result<Arc<VolumeRecord>> {
        let volumes = self.clone();
        to_completion(async move {
            let _writer = volumes.0.writer.lock().await;
            Ok(volumes.get_or_make(spec).await?.0)
        })
        .await
    }

    /// As [`Volumes::create`], for a container: the volume stays as long as the container does.
    /// Also tells whether the volume was made.
    pub(crate) async fn claim(
        &self,
        spec: VolumeSpec,
        container: &ContainerId,
    ) -> Result<(Arc<VolumeRecord>, bool)> {
        let _writer = self.0.writer.lock().await;
        let claimed = self.get_or_make(spec).await?;
        self.hold(&claimed.0.name, container);
        Ok(claimed)
    }

    /// The volume, and whether it was made. The caller is the writer.
    async fn get_or_make(&self, spec: VolumeSpec) -> Result<(Arc<VolumeRecord>, bool)> {
        if !matches!(spec.driver.as_str(), "" | "local") {
            return Err(Error::NotFound(format!(
                "create {1}: error looking up volume plugin {0}: plugin \"{0}\" not found",
                spec.driver,
                spec.name.unwrap_or_default()
            )));
        }
        match spec.name.clone().filter(|name| !name.is_empty()) {
            None => {
                let name = ContainerId::random().to_string();
                let name = VolumeName::try_from(name).expect("hexadecimal digits are a name");
                self.ensure(name, spec, true).await
            }
            Some(name) => self.ensure(parse_name(&name)?, spec, false).await,
        }
    }

    async fn ensure(
        &self,
        name: VolumeName,
        spec: VolumeSpec,
        anonymous: bool,
    ) -> Result<(Arc<VolumeRecord>, bool)> {
        if let Some(record) = self.find(&name) {
            return Ok((record, false));
        }
        let mut record = VolumeRecord {
            name: name.clone(),
            created: self.0.clock.now(),
            labels: spec.labels,
            options: spec.options,
            mountpoint: std::path::PathBuf::new(),
            anonymous,
        };
        self.0
            .records
            .put(Table::Volumes, name.as_str(), &record)
            .await?;
        match self.0.store.create(&name).await {
            Ok(mountpoint) => record.mountpoint = mountpoint,
            Err(error) => {
                self.0.records.delete(Table::Volumes, name.as_str()).await?;
                return Err(error.into());
            }
        }
        let record = Arc::new(record);
        let entry = Entry {
            record: record.clone(),
            users: vec![],
        };
        self.entries().insert(name, entry);
        self.event("create", &record.name, [("driver", "local".to_owned())]);
        Ok((record, true))
    }

    /// Volumes that match, by name.
    ///
    /// # Errors
    /// Unknown filters.
    pub fn list(&self, filters: &Filters) -> Result<Vec<Arc<VolumeRecord>>> {
        filter::check_names(filters, &["dangling", "driver", "label", "name"])?;
        let dangling = filter::boolean(filters, "dangling")?;
        Ok(self
            .entries()
            .values()
            .filter(|entry| dangling.is_none_or(|wanted| entry.users.is_empty() == wanted))
            .filter(|_| filter::any(filters, "driver", |value| value == "local"))
            .filter(|entry| {
                filter::any(filters, "name", |value| {
                    entry.record.name.as_str().contains(value)
                })
            })
            .filter(|entry| filter::labels(filters, &entry.record.labels))
            .map(|entry| entry.record.clone())
            .collect())
    }

    /// One volume.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn inspect(&self, name: &str) -> Result<Arc<VolumeRecord>> {
        let missing = || Error::NoSuchVolume(name.to_owned());
        let name = name.parse().map_err(|_| missing())?;
        self.find(&name).ok_or_else(missing)
    }

    /// Removes a volume with its data.
    ///
    /// # Errors
    /// When it does not exist (unless forced) or a container uses it.
    pub async fn remove(&self, name: &str, force: bool) -> Result<()> {
        let (volumes, name) = (self.clone(), name.to_owned());
        to_completion(async move {
            let _writer = volumes.0.writer.lock().await;
            volumes.apply_remove(&name, force).await
        })
        .await
    }

    /// Removes directory, record and entry, in this order. The caller is the writer.
    async fn apply_remove(&self, name: &str, force: bool) -> Result<()> {
        let record = match self.inspect(name) {
            Err(Error::NoSuchVolume(_)) if force => return Ok(()),
            other => other?,
        };
        if let Some(users) = self.users(&record.name) {
            return Err(Error::Conflict(format!(
                "remove {name}: volume is in use - [{users}]"
            )));
        }
        self.0.store.remove(&record.name).await?;
        self.0
            .records
            .delete(Table::Volumes, record.name.as_str())
            .await?;
        self.entries().remove(&record.name);
        self.event("destroy", &record.name, [("driver", "local".to_owned())]);
        Ok(())
    }

    /// The containers that mount it, in one text; none when there is none.
    fn users(&self, name: &VolumeName) -> Option<String> {
        let entries = self.entries();
        let users = &entries.get(name)?.users;
        let users: Vec<_> = users.iter().map(ContainerId::as_str).collect();
        (!users.is_empty()).then(|| users.join(", "))
    }

    /// Removes volumes that no container uses: the anonymous ones, or all with the filter `all`.
    ///
    /// # Errors
    /// Unknown filters.
    pub async fn prune(&self, filters: &Filters) -> Result<Pruned> {
        filter::check_names(filters, &["all", "label", "label!"])?;
        let all = filter::boolean(filters, "all")?.unwrap_or(false);
        let unused: Vec<_> = self
            .entries()
            .values()
            .filter(|entry| entry.users.is_empty() && (all || entry.record.anonymous))
            .filter(|entry| filter::labels(filters, &entry.record.labels))
            .map(|entry| entry.record.clone())
            .collect();
        let mut pruned = Pruned::default();
        for record in unused {
            let bytes = self.usage(&record.name).await?;
            match self.remove(record.name.as_str(), true).await {
                Ok(()) => {
                    pruned.names.push(record.name.to_string());
                    pruned.bytes += bytes;
                }
                Err(Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(pruned)
    }

    /// Bytes in a volume.
    ///
    /// # Errors
    /// The store's.
    pub async fn usage(&self, name: &VolumeName) -> Result<u64> {
        Ok(self.0.store.usage(name).await?)
    }

    /// Containers that mount it.
    #[must_use]
    pub fn user_count(&self, name: &VolumeName) -> usize {
        self.entries()
            .get(name)
            .map_or(0, |entry| entry.users.len())
    }

    /// Notes that a container mounts the volume, so that it is not removed.
    pub(crate) fn hold(&self, name: &VolumeName, container: &ContainerId) {
        if let Some(entry) = self.entries().get_mut(name)
            && !entry.users.contains(container)
        {
            entry.users.push(container.clone());
        }
    }

    /// The container is gone, and all its claims.
    pub(crate) fn release(&self, container: &ContainerId) {
        for entry in self.entries().values_mut() {
            entry.users.retain(|user| user != container);
        }
    }

    pub(crate) fn event<const N: usize>(
        &self,
        action: &str,
        name: &VolumeName,
        attributes: [(&str, String); N],
    ) {
        let attributes = attributes
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect();
        self.0
            .events
            .publish(ObjectType::Volume, action, name.as_str(), attributes);
    }
}

fn parse_name(name: &str) -> Result<VolumeName> {
    if name.len() == 1 {
        return Err(Error::InvalidParameter(format!(
            "create {name}: volume name is too short, names should be at least two alphanumeric \
             characters"
        )));
    }
    name.parse().map_err(|_| {
        Error::InvalidParameter(format!(
            "create {name}: \"{name}\" includes invalid characters for a local volume name, only \
             \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, \
             use absolute path"
        ))
    })
}
