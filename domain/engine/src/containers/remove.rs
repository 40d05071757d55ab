//! Removing: first the record, then what it owned. What a crash leaves in between has no record and
//! is removed when the next engine starts.

use palan_contracts::Table;
use palan_model::Signal;
use palan_model::container::Phase;

use super::actor::{Actor, Command};
use super::stop::AFTER_KILL;
use super::{Containers, is_removable};
use crate::{Error, Result};

/// How to remove.
#[derive(Clone, Copy, Debug, Default)]
pub struct RemoveOptions {
    /// Kill it when it runs.
    pub force: bool,
    /// Remove its anonymous volumes too.
    pub volumes: bool,
}

impl Containers {
    /// Removes a container.
    ///
    /// # Errors
    /// When it runs and `force` was not asked for.
    pub async fn remove(&self, name: &str, options: RemoveOptions) -> Result<()> {
        self.find(name)?
            .ask(|reply| Command::Remove { options, reply })
            .await
    }
}

impl Actor {
    pub(super) async fn remove(&mut self, options: RemoveOptions) -> Result<()> {
        if !is_removable(self.record.state.phase) {
            if !options.force {
                return Err(self.refuse_removal());
            }
            self.kill_for_removal().await?;
            if self.status.borrow().gone {
                // `--rm` removed it when it ended.
                return Ok(());
            }
        }
        self.delete(options.volumes).await
    }

    /// Removes a container that does not run.
    pub(super) async fn delete(&mut self, volumes: bool) -> Result<()> {
        self.shared
            .records
            .delete(Table::Containers, self.record.id.as_str())
            .await?;
        self.restart_at = None;
        {
            let mut index = self.shared.index();
            index.free(&self.record.name, &self.record.id);
            index.remove(&self.record.id);
        }
        self.shared.release_resources(&self.record);
        self.record.state.phase = Phase::Removing;
        self.status.send_modify(|status| status.gone = true);
        self.shared.event(&self.record, "destroy", []);
        self.release(volumes).await;
        Ok(())
    }

    fn refuse_removal(&self) -> Error {
        let id = &self.record.id;
        Error::Conflict(match self.record.state.phase {
            Phase::Paused => format!(
                "You cannot remove a paused container {id}. Unpause and then stop the container \
                 before attempting removal or force remove"
            ),
            _ => format!(
                "You cannot remove a running container {id}. Stop the container before attempting \
                 removal or force remove"
            ),
        })
    }

    /// Ends the run and sees its end.
    async fn kill_for_removal(&mut self) -> Result<()> {
        if self.record.state.phase.is_alive() {
            match self.kill(Signal::KILL).await {
                // It ended by itself meanwhile.
                Err(Error::Driver(error)) if error.kind() == palan_model::ErrorKind::Conflict => {}
                other => other?,
            }
        }
        let Some(exit) = &mut self.exit else {
            return Ok(());
        };
        let ended = tokio::time::timeout(AFTER_KILL, exit.wait_for(Option::is_some)).await;
        let ended = ended.map(|exit| exit.ok().and_then(|exit| exit.clone()));
        match ended {
            Ok(Some(exit)) => self.exited(exit).await,
            Ok(None) => self.runner_lost().await,
            Err(_) => {
                return Err(Error::Conflict(format!(
                    "Could not kill running container {}, cannot remove - tried to kill \
                     container, but did not receive an exit event",
                    self.record.id
                )));
            }
        }
        Ok(())
    }

    /// Everything the record owned. Failures are noted: the next engine finds what is left.
    async fn release(&self, volumes: bool) {
        let id = &self.record.id;
        let drivers = &self.shared.drivers;
        self.note(
            "clean up after the run",
            drivers.runtime.release(id).await.map_err(Into::into),
        );
        self.note(
            "remove its files",
            drivers.snapshots.remove(id).await.map_err(Into::into),
        );
        if !volumes {
            return;
        }
        for point in self.record.mounts.iter().filter(|point| point.anonymous) {
            let Some(name) = &point.name else { continue };
            match self.shared.volumes.remove(name, true).await {
                Ok(()) | Err(Error::Conflict(_)) => {}
                Err(error) => self.note("remove its volume", Err(error)),
            }
        }
    }
}
