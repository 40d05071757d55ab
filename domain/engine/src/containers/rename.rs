//! Renaming.

use palan_model::ContainerName;

use super::Containers;
use super::actor::{Actor, Command};
use crate::{Error, Result};

impl Containers {
    /// Gives a container another name.
    ///
    /// # Errors
    /// When the name is taken, or is the container's already.
    pub async fn rename(&self, name: &str, new: ContainerName) -> Result<()> {
        self.find(name)?
            .ask(|reply| Command::Rename { name: new, reply })
            .await
    }
}

impl Actor {
    pub(super) async fn rename(&mut self, name: ContainerName) -> Result<()> {
        if name == self.record.name {
            return Err(Error::InvalidParameter(
                "Renaming a container with the same name as its current name".to_owned(),
            ));
        }
        self.shared
            .index()
            .reserve(&name, &self.record.id)
            .map_err(|error| Error::Conflict(format!("Error when allocating new name: {error}")))?;
        let old = std::mem::replace(&mut self.record.name, name);
        if let Err(error) = self.commit().await {
            let name = std::mem::replace(&mut self.record.name, old);
            self.shared.index().free(&name, &self.record.id);
            return Err(error);
        }
        self.shared.index().free(&old, &self.record.id);
        self.shared
            .networks
            .rename(&self.record.id, self.record.name.as_str());
        self.shared
            .event(&self.record, "rename", [("oldName", format!("/{old}"))]);
        Ok(())
    }
}
