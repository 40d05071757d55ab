//! Finding a container's actor by identifier or name.

use std::collections::BTreeMap;
use std::sync::Arc;

use palan_model::{ContainerId, ContainerName, ContainerRecord};
use tokio::sync::{mpsc, watch};

use super::actor::{Command, Status};
use crate::{Error, Result};

/// Reaches a container's actor and sees its status.
#[derive(Clone)]
pub(crate) struct Handle {
    pub id: ContainerId,
    pub mailbox: mpsc::UnboundedSender<Command>,
    pub status: watch::Receiver<Status>,
}

impl Handle {
    /// The record as last published.
    pub fn record(&self) -> Arc<ContainerRecord> {
        self.status.borrow().record.clone()
    }

    /// Asks the actor and waits for its answer.
    pub async fn ask<T>(
        &self,
        command: impl FnOnce(tokio::sync::oneshot::Sender<Result<T>>) -> Command,
    ) -> Result<T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let gone = || Error::NoSuchContainer(self.id.to_string());
        self.mailbox.send(command(reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// All containers, by identifier and by name. A name is reserved before its container exists.
#[derive(Default)]
pub(super) struct Index {
    handles: BTreeMap<ContainerId, Handle>,
    names: BTreeMap<ContainerName, ContainerId>,
}

impl Index {
    pub fn find(&self, name: &str) -> Result<Handle> {
        let missing = || Error::NoSuchContainer(name.to_owned());
        let name = name.strip_prefix('/').unwrap_or(name);
        if name.is_empty() {
            return Err(missing());
        }
        let by_id = name
            .parse()
            .ok()
            .and_then(|id: ContainerId| self.handles.get(&id));
        let by_name = || {
            let name: ContainerName = name.parse().ok()?;
            self.handles.get(self.names.get(&name)?)
        };
        if let Some(handle) = by_id.or_else(by_name) {
            return Ok(handle.clone());
        }
        let mut fitting = self
            .handles
            .iter()
            .filter(|(id, _)| id.as_str().starts_with(name));
        match (fitting.next(), fitting.next()) {
            (Some(_), Some(_)) => Err(Error::AmbiguousContainer(name.to_owned())),
            (Some((_, handle)), None) => Ok(handle.clone()),
            (None, _) => Err(missing()),
        }
    }

    pub fn handles(&self) -> impl Iterator<Item = &Handle> {
        self.handles.values()
    }

    pub fn contains(&self, id: &ContainerId) -> bool {
        self.handles.contains_key(id)
    }

    /// Takes a name for a container that is about to be.
    pub fn reserve(&mut self, name: &ContainerName, id: &ContainerId) -> Result<()> {
        match self.names.get(name) {
            Some(holder) if holder != id => Err(Error::NameInUse {
                name: name.to_string(),
                holder: holder.to_string(),
            }),
            _ => {
                self.names.insert(name.clone(), id.clone());
                Ok(())
            }
        }
    }

    /// Gives a name back, if the container has it.
    pub fn free(&mut self, name: &ContainerName, id: &ContainerId) {
        if self.names.get(name) == Some(id) {
            self.names.remove(name);
        }
    }

    /// Gives back every name that was reserved for the container.
    pub fn free_all(&mut self, id: &ContainerId) {
        self.names.retain(|_, holder| holder != id);
    }

    pub fn insert(&mut self, handle: Handle) {
        self.handles.insert(handle.id.clone(), handle);
    }

    pub fn remove(&mut self, id: &ContainerId) {
        self.handles.remove(id);
    }
}
