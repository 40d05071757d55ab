//! What a new engine does about containers that an earlier one left: running ones are watched again,
//! ended ones are told, and whatever belongs to nobody is removed.

use palan_contracts::{Recovered, Table};
use palan_model::container::Phase;
use palan_model::host::RestartMode;
use palan_model::{ContainerId, ContainerRecord};

use super::{Containers, RemoveOptions};
use crate::Result;

/// What was found of one container.
struct Found {
    record: ContainerRecord,
    recovered: Recovered,
}

impl Containers {
    /// Brings back every container of the store. Called once, before clients are served.
    ///
    /// # Errors
    /// When the store or the runtime cannot be read at all.
    pub(crate) async fn reconcile(&self) -> Result<()> {
        let records: Vec<ContainerRecord> = self.shared().records.load(Table::Containers).await?;
        let mut found = vec![];
        for record in records {
            let recovered = self.recover(&record.id).await;
            self.shared().index().reserve(&record.name, &record.id)?;
            found.push(Found { record, recovered });
        }
        for Found { record, recovered } in &found {
            if matches!(recovered, Recovered::Running { .. }) {
                self.restore_leases(record);
            }
        }
        self.shared().networks.reconcile().await?;
        for found in found {
            self.revive(found).await?;
        }
        self.remove_traces().await
    }

    /// A container whose runner cannot be asked must not keep the engine from coming up.
    async fn recover(&self, id: &ContainerId) -> Recovered {
        match self.shared().drivers.runtime.recover(id).await {
            Ok(recovered) => recovered,
            Err(error) => {
                tracing::error!(container = id.short(), "failed to find its run: {error}");
                Recovered::Gone
            }
        }
    }

    fn restore_leases(&self, record: &ContainerRecord) {
        for (network, endpoint) in &record.networks {
            if let Some(lease) = &endpoint.lease {
                let name = record.name.as_str();
                self.shared()
                    .networks
                    .restore(network, &record.id, name, lease);
            }
        }
    }

    async fn revive(&self, found: Found) -> Result<()> {
        let Found {
            mut record,
            recovered,
        } = found;
        let was_alive = record.state.phase.is_alive();
        match recovered {
            Recovered::Running {
                started,
                paused,
                execs,
            } => {
                record.state.phase = if paused {
                    Phase::Paused
                } else {
                    Phase::Running
                };
                record.state.pid = started.pid;
                record.state.started_at = Some(started.at);
                self.store(&record).await?;
                self.shared().execs.restore(&record.id, execs);
                self.adopt(record, Some(started.exit));
            }
            Recovered::Exited(exit) => {
                let (sender, receiver) = tokio::sync::watch::channel(None);
                self.adopt(record, Some(receiver));
                // The actor takes it as if it happened now.
                let _ = sender.send(Some(exit));
                drop(sender);
            }
            Recovered::Gone if was_alive => {
                // The sender is dropped: the actor finds that nobody knows the end.
                let (_, receiver) = tokio::sync::watch::channel(None);
                self.adopt(record, Some(receiver));
            }
            Recovered::Gone => {
                if record.state.phase == Phase::Restarting {
                    // It was waiting for its next run.
                    record.state.phase = Phase::Exited;
                }
                // The engine died while it started it: what it was given has been taken back.
                let leases = record
                    .networks
                    .values_mut()
                    .filter_map(|end| end.lease.take());
                if leases.count() > 0 {
                    self.store(&record).await?;
                }
                self.revive_stopped(record).await;
            }
        }
        Ok(())
    }

    async fn store(&self, record: &ContainerRecord) -> Result<()> {
        self.shared()
            .records
            .put(Table::Containers, record.id.as_str(), record)
            .await
    }

    /// A container without a run: started again when its policy says so, removed when it was to be
    /// removed at its end.
    async fn revive_stopped(&self, record: ContainerRecord) {
        let remove = record.host.auto_remove && record.state.phase == Phase::Exited;
        // As in Docker, `always` brings back with the engine what a client had stopped.
        let rests =
            record.state.stopped_by_user && record.host.restart_policy.mode != RestartMode::Always;
        let restart = record.state.phase == Phase::Exited
            && super::exit::wants_restart(
                &record.host,
                record.state.exit_code,
                rests,
                record.state.restart_count,
            );
        let id = record.id.clone();
        let handle = self.adopt(record, None);
        let done = if remove {
            self.remove(
                id.as_str(),
                RemoveOptions {
                    force: false,
                    volumes: true,
                },
            )
            .await
        } else if restart {
            handle.ask(super::actor::Command::Start).await
        } else {
            Ok(())
        };
        if let Err(error) = done {
            tracing::warn!(
                container = id.short(),
                "failed to bring the container back: {error}"
            );
        }
    }

    /// Runs and directories without a record: of creations that did not complete, and of removals.
    async fn remove_traces(&self) -> Result<()> {
        let drivers = &self.shared().drivers;
        let (runs, directories) = (
            drivers.runtime.list().await?,
            drivers.snapshots.list().await?,
        );
        for id in runs.iter().filter(|id| self.is_unknown(id)) {
            kill_unknown(drivers, id).await;
            note("the run", id, drivers.runtime.release(id).await);
        }
        for id in directories.iter().filter(|id| self.is_unknown(id)) {
            note("the directory", id, drivers.snapshots.remove(id).await);
        }
        Ok(())
    }

    fn is_unknown(&self, id: &ContainerId) -> bool {
        !self.shared().index().contains(id)
    }
}

/// The next engine tries again.
fn note(what: &str, id: &ContainerId, removed: palan_contracts::Result<()>) {
    if let Err(error) = removed {
        tracing::warn!(
            container = id.short(),
            "failed to remove {what} of no container: {error}"
        );
    }
}

/// Ends a run that belongs to no record and waits for its end.
async fn kill_unknown(drivers: &crate::Drivers, id: &ContainerId) {
    let Ok(Recovered::Running { mut started, .. }) = drivers.runtime.recover(id).await else {
        return;
    };
    match drivers
        .runtime
        .signal(id, None, palan_model::Signal::KILL)
        .await
    {
        Ok(()) => drop(started.exit.wait_for(Option::is_some).await),
        Err(error) => tracing::warn!("failed to kill the unknown container {id}: {error}"),
    }
}
