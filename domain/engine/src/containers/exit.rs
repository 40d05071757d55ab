//! The end of a run: told at once, then cleaned up, then perhaps restarted or removed.

use std::time::Duration;

use palan_model::container::Phase;
use palan_model::host::RestartMode;
use palan_model::runner::ExitStatus;
use palan_model::{HostConfig, Timestamp};
use tokio::time::Instant;

use super::actor::{Actor, FIRST_BACKOFF};
use super::start::STABLE_RUN;

/// Exit code of a container whose end nobody saw.
pub(super) const UNKNOWN_EXIT: i32 = 255;
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

impl Actor {
    pub(super) async fn exited(&mut self, exit: ExitStatus) {
        let ran = ran_for(exit.started_at, exit.finished_at);
        let restart = !self.stopping_to_start && self.wants_restart(exit.code);
        let remove = !self.stopping_to_start && !restart && self.record.host.auto_remove;
        self.exit = None;
        self.stop_checks();
        let state = &mut self.record.state;
        state.phase = if restart {
            Phase::Restarting
        } else {
            Phase::Exited
        };
        state.pid = 0;
        state.exit_code = exit.code;
        state.oom_killed = exit.oom_killed;
        state.started_at = exit.started_at.or(state.started_at);
        state.finished_at = Some(exit.finished_at);
        self.stopping_to_start = false;
        self.shared.images.set_running(&self.record.id, false);
        self.shared
            .execs
            .container_ended(&self.record.id, &exit.execs);
        self.show_exit();
        if exit.oom_killed {
            self.shared.event(&self.record, "oom", []);
        }
        self.shared
            .event(&self.record, "die", [("exitCode", exit.code.to_string())]);
        self.leave_networks().await;
        self.unmount_events();
        self.publish();
        self.unreleased = true;
        if remove {
            // When this fails, the container stays as one that ended, and the next engine removes it.
            let removed = self.delete(true).await;
            self.note("remove the container after its end", removed);
            return;
        }
        let stored = self.store().await;
        match stored {
            Ok(()) => self.release_run().await,
            // The runner keeps the end until a later change of the record is stored.
            Err(error) => self.note("store the end", Err(error)),
        }
        if restart {
            self.backoff = next_backoff(self.backoff, ran);
            self.restart_at = Some(Instant::now() + self.backoff);
        }
    }

    /// Lets the runner forget a run whose end is in the store.
    pub(super) async fn release_run(&mut self) {
        if std::mem::take(&mut self.unreleased) {
            let released = self.shared.drivers.runtime.release(&self.record.id).await;
            self.note("clean up after the run", released.map_err(Into::into));
        }
    }

    /// The connection to the runner broke without word of an end.
    pub(super) async fn runner_lost(&mut self) {
        self.exit = None;
        match self.shared.drivers.runtime.recover(&self.record.id).await {
            Ok(palan_contracts::Recovered::Running { started, .. }) => {
                self.exit = Some(started.exit);
            }
            Ok(palan_contracts::Recovered::Exited(exit)) => self.exited(exit).await,
            Ok(palan_contracts::Recovered::Gone) => self.vanished().await,
            Err(error) => {
                self.note("look for the container's runner", Err(error.into()));
                self.vanished().await;
            }
        }
    }

    /// It ended and nobody knows how: the host was restarted, or its runner was killed.
    pub(super) async fn vanished(&mut self) {
        let exit = ExitStatus {
            code: UNKNOWN_EXIT,
            oom_killed: false,
            started_at: None,
            finished_at: self.shared.drivers.clock.now(),
            execs: vec![],
            failure: None,
        };
        self.exited(exit).await;
    }

    pub(super) async fn restart_by_policy(&mut self) {
        self.record.state.restart_count += 1;
        if let Err(error) = self.start().await {
            tracing::warn!(
                container = self.record.id.short(),
                "failed to restart the container by its policy: {error}"
            );
        }
    }

    /// Shows the record and that a run, or the attempt at one, is over.
    pub(super) fn show_exit(&self) {
        let record = std::sync::Arc::new(self.record.clone());
        self.status.send_modify(|status| {
            status.record = record;
            status.health = self.checks.health();
            status.exits += 1;
            status.last_code = status.record.state.exit_code;
        });
    }

    fn wants_restart(&self, code: i32) -> bool {
        let state = &self.record.state;
        wants_restart(
            &self.record.host,
            code,
            state.stopped_by_user,
            state.restart_count,
        )
    }

    fn unmount_events(&self) {
        for (name, _) in super::volumes_of(&self.record) {
            self.shared.volumes.event(
                "unmount",
                &name,
                [
                    ("container", self.record.id.to_string()),
                    ("driver", "local".to_owned()),
                ],
            );
        }
    }
}

/// Docker's restart policies.
pub(super) fn wants_restart(
    host: &HostConfig,
    code: i32,
    stopped_by_user: bool,
    restarts: u32,
) -> bool {
    if stopped_by_user {
        return false;
    }
    let policy = &host.restart_policy;
    match policy.mode {
        RestartMode::No => false,
        RestartMode::Always | RestartMode::UnlessStopped => true,
        RestartMode::OnFailure => {
            let limit = policy.maximum_retry_count;
            code != 0 && (limit == 0 || restarts < limit)
        }
    }
}

/// Doubled after each short run, back to the first wait after a long one.
pub(super) fn next_backoff(last: Duration, ran: Duration) -> Duration {
    if ran >= STABLE_RUN {
        FIRST_BACKOFF
    } else {
        (last * 2).min(LONGEST_BACKOFF)
    }
}

fn ran_for(started: Option<Timestamp>, finished: Timestamp) -> Duration {
    let Some(started) = started else {
        return Duration::ZERO;
    };
    Duration::try_from(finished.duration_since(started)).unwrap_or_default()
}
