//! Freezing and thawing.

use palan_model::container::Phase;

use super::Containers;
use super::actor::{Actor, Command};
use crate::{Error, Result};

impl Containers {
    /// Freezes all processes of a container.
    ///
    /// # Errors
    /// When it does not run or is frozen already.
    pub async fn pause(&self, name: &str) -> Result<()> {
        self.find(name)?
            .ask(|reply| Command::Freeze {
                frozen: true,
                reply,
            })
            .await
    }

    /// Thaws all processes of a container.
    ///
    /// # Errors
    /// When it is not frozen.
    pub async fn unpause(&self, name: &str) -> Result<()> {
        self.find(name)?
            .ask(|reply| Command::Freeze {
                frozen: false,
                reply,
            })
            .await
    }
}

impl Actor {
    pub(super) async fn freeze(&mut self, frozen: bool) -> Result<()> {
        let id = &self.record.id;
        let wanted = if frozen {
            Phase::Running
        } else {
            Phase::Paused
        };
        if self.record.state.phase != wanted {
            return Err(match self.record.state.phase {
                Phase::Paused => Error::Conflict(format!("Container {id} is already paused")),
                _ if frozen => self.not_running(),
                _ => Error::Conflict(format!("Container {id} is not paused")),
            });
        }
        self.shared.drivers.runtime.freeze(id, frozen).await?;
        self.record.state.phase = if frozen {
            Phase::Paused
        } else {
            Phase::Running
        };
        if frozen {
            self.stop_checks();
        } else {
            self.resume_checks();
        }
        self.publish();
        self.shared
            .event(&self.record, if frozen { "pause" } else { "unpause" }, []);
        // The next engine sees for itself whether the processes are frozen.
        let stored = self.store().await;
        self.note("store whether the container is paused", stored);
        Ok(())
    }
}
