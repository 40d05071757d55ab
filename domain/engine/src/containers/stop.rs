//! Stopping: a signal, some patience, then SIGKILL.

use std::time::Duration;

use palan_model::container::Phase;
use palan_model::{ContainerRecord, Signal};

use super::actor::{Actor, Command};
use super::index::Handle;
use super::{Containers, is_removable};
use crate::task::to_completion;
use crate::{Error, Result};

/// Seconds of patience when neither the client nor the container says.
const DEFAULT_TIMEOUT: i64 = 10;
/// How long a killed process may take to vanish before the client is told that it does not.
pub(super) const AFTER_KILL: Duration = Duration::from_secs(30);

/// How to stop.
#[derive(Clone, Copy, Debug, Default)]
pub struct StopOptions {
    /// Seconds of patience; -1 for ever; the container's own when none.
    pub timeout: Option<i64>,
    /// First signal; the container's own when none.
    pub signal: Option<Signal>,
}

impl Containers {
    /// Stops a container.
    ///
    /// # Errors
    /// `NotModified` when it does not run.
    pub async fn stop(&self, name: &str, options: StopOptions) -> Result<()> {
        let handle = self.find(name)?;
        if is_removable(handle.record().state.phase) {
            return Err(Error::NotModified(
                "container is already stopped".to_owned(),
            ));
        }
        let containers = self.clone();
        to_completion(async move { containers.stop_and_wait(&handle, options, false).await }).await
    }

    /// Stops a container that may run. `then_start` keeps `--rm` from removing it.
    pub(super) async fn stop_and_wait(
        &self,
        handle: &Handle,
        options: StopOptions,
        then_start: bool,
    ) -> Result<()> {
        let record = handle.record();
        let signal = options.signal.map_or_else(|| stop_signal(&record), Ok)?;
        let exits = handle
            .ask(|reply| Command::BeginStop { then_start, reply })
            .await?;
        send(handle, signal).await?;
        let timeout = options
            .timeout
            .or(record.config.stop_timeout)
            .unwrap_or(DEFAULT_TIMEOUT);
        let patience = u64::try_from(timeout).ok().map(Duration::from_secs);
        if !ended(handle, exits, patience).await {
            send(handle, Signal::KILL).await?;
            if !ended(handle, exits, Some(AFTER_KILL)).await {
                return Err(Error::Conflict(format!(
                    "cannot stop container: {}: tried to kill container, but did not receive an \
                     exit event",
                    record.id
                )));
            }
        }
        self.shared().event(&record, "stop", []);
        Ok(())
    }
}

/// The signal that asks the container to end.
pub(super) fn stop_signal(record: &ContainerRecord) -> Result<Signal> {
    match &record.config.stop_signal {
        Some(signal) if !signal.is_empty() => {
            signal
                .parse()
                .map_err(|error: palan_model::signal::InvalidSignal| {
                    Error::InvalidParameter(error.to_string())
                })
        }
        _ => Ok(Signal::TERM),
    }
}

/// Sends a signal; that the process has ended meanwhile is no failure.
async fn send(handle: &Handle, signal: Signal) -> Result<()> {
    match handle.ask(|reply| Command::Kill { signal, reply }).await {
        Err(Error::Conflict(_) | Error::NotRunning(_) | Error::NoSuchContainer(_)) => Ok(()),
        other => other,
    }
}

/// Waits until more runs have ended than `exits`, or the container is gone.
pub(super) async fn ended(handle: &Handle, exits: u64, patience: Option<Duration>) -> bool {
    let mut status = handle.status.clone();
    let over = status.wait_for(|status| status.exits > exits || status.gone);
    match patience {
        None => over.await.is_ok(),
        Some(patience) => tokio::time::timeout(patience, over).await.is_ok(),
    }
}

impl Actor {
    /// From now on the restart policy rests. Answers how many runs have ended before this one.
    pub(super) async fn begin_stop(&mut self, then_start: bool) -> Result<u64> {
        let exits = self.status.borrow().exits;
        if self.record.state.phase == Phase::Restarting {
            self.cancel_restart().await;
            return Ok(exits);
        }
        if !self.record.state.phase.is_alive() {
            return Err(self.not_running());
        }
        self.stopping_to_start = then_start;
        self.rest_policy().await;
        Ok(exits)
    }

    /// It waits for its next run: there is nothing to stop.
    pub(super) async fn cancel_restart(&mut self) {
        self.restart_at = None;
        self.record.state.phase = Phase::Exited;
        self.rest_policy().await;
        self.status.send_modify(|status| status.exits += 1);
    }

    /// A client wants the container to end: the restart policy rests until a client starts it. A
    /// store that fails keeps nobody from stopping a container: it gets the record with the end.
    pub(super) async fn rest_policy(&mut self) {
        self.record.state.stopped_by_user = true;
        self.publish();
        let stored = self.store().await;
        self.note("store that a client stops the container", stored);
    }
}
