//! Sending signals.

use palan_model::container::Phase;
use palan_model::{ContainerRecord, Signal};

use super::Containers;
use super::actor::{Actor, Command};
use super::stop::{AFTER_KILL, ended};
use crate::{Error, Result};

impl Containers {
    /// Sends a signal to the container's first process. SIGKILL is waited for, as by Docker: a client may
    /// remove the container at once.
    ///
    /// # Errors
    /// When it does not run, or SIGKILL does not end it.
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
        let exits = handle.status.borrow().exits;
        handle
            .ask(|reply| Command::Kill { signal, reply })
            .await
            .map_err(refused)?;
        if signal == Signal::KILL && !ended(&handle, exits, Some(AFTER_KILL)).await {
            return Err(Error::Conflict(format!(
                "Cannot kill container: {name}: tried to kill container, but did not receive an \
                 exit event"
            )));
        }
        Ok(())
    }
}

impl Actor {
    pub(super) async fn kill(&mut self, signal: Signal) -> Result<()> {
        let ends = is_meant_to_end(&self.record, signal);
        if self.record.state.phase == Phase::Restarting && ends {
            self.cancel_restart().await;
            return Ok(());
        }
        if !self.record.state.phase.is_alive() {
            return Err(self.not_running());
        }
        if ends && !self.record.state.stopped_by_user {
            self.rest_policy().await;
        }
        let runtime = &self.shared.drivers.runtime;
        runtime.signal(&self.record.id, None, signal).await?;
        self.shared.event(
            &self.record,
            "kill",
            [("signal", signal.number().to_string())],
        );
        if ends && self.record.state.phase == Phase::Paused {
            // A frozen process takes no signal until it is thawed.
            let thawed = self.freeze(false).await;
            self.note("thaw the container that is to end", thawed);
        }
        Ok(())
    }
}

/// Whether the client wants the container to end, as Docker tells it: by SIGKILL, by the container's
/// own stop signal, or, when it has none, by any signal.
fn is_meant_to_end(record: &ContainerRecord, signal: Signal) -> bool {
    match record.config.stop_signal.as_deref() {
        None | Some("") => true,
        Some(own) => signal == Signal::KILL || own.parse() == Ok(signal),
    }
}
