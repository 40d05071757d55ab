//! Sending signals.

use palan_model::Signal;
use palan_model::container::Phase;

use super::Containers;
use super::actor::{Actor, Command};
use crate::{Error, Result};

impl Containers {
    /// Sends a signal to the container's first process.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill(&self, name: &str, signal: Signal) -> Result<()> {
        let refused = |error: Error| match error {
            Error::NotRunning(id) => Error::Conflict(format!(
                "Cannot kill container: {name}: Container {id} is not running"
            )),
            Error::NoSuchContainer(id) => Error::NotFound(format!(
                "Cannot kill container: {name}: No such container: {id}"
            )),
            error => error,
        };
        let handle = self.find(name).map_err(refused)?;
        handle
            .ask(|reply| Command::Kill { signal, reply })
            .await
            .map_err(refused)
    }
}

impl Actor {
    pub(super) async fn kill(&mut self, signal: Signal) -> Result<()> {
        if !self.record.state.phase.is_alive() {
            return Err(self.not_running());
        }
        if signal == Signal::KILL {
            self.record.state.stopped_by_user = true;
        }
        let runtime = &self.shared.drivers.runtime;
        // A frozen process takes no signal until it is thawed.
        if self.record.state.phase == Phase::Paused && signal == Signal::KILL {
            runtime.signal(&self.record.id, None, signal).await?;
            runtime.freeze(&self.record.id, false).await?;
        } else {
            runtime.signal(&self.record.id, None, signal).await?;
        }
        self.shared.event(
            &self.record,
            "kill",
            [("signal", signal.number().to_string())],
        );
        Ok(())
    }
}
