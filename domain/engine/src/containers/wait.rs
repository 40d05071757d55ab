//! Waiting for a container's end.

use tokio::sync::watch;

use super::actor::Status;
use super::{Containers, is_removable};
use crate::Result;

/// What to wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitCondition {
    /// It does not run: true at once for a container that is stopped, else at its next end, even
    /// when a restart follows.
    #[default]
    NotRunning,
    /// Its next end.
    NextExit,
    /// Its removal.
    Removed,
}

/// How the wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitOutcome {
    /// Exit code of the last run.
    pub code: i64,
    /// Why the container could not be waited for.
    pub error: Option<String>,
}

/// A registered wait: nothing that happens from now on is missed.
pub struct Wait {
    status: watch::Receiver<Status>,
    condition: WaitCondition,
    exits: u64,
    /// It did not run when the wait was registered.
    stopped: bool,
}

impl Containers {
    /// Registers a wait.
    ///
    /// # Errors
    /// When there is no such container.
    pub fn wait(&self, name: &str, condition: WaitCondition) -> Result<Wait> {
        let status = self.find(name)?.status;
        let (exits, stopped) = {
            let now = status.borrow();
            (now.exits, is_removable(now.record.state.phase))
        };
        Ok(Wait {
            status,
            condition,
            exits,
            stopped,
        })
    }
}

impl Wait {
    /// Waits.
    pub async fn outcome(mut self) -> WaitOutcome {
        let (condition, exits, stopped) = (self.condition, self.exits, self.stopped);
        // A count, not the phase: who looks late must not miss an end that a start followed.
        let ended = |status: &Status| status.gone || status.exits > exits;
        let met = |status: &Status| match condition {
            WaitCondition::NotRunning => stopped || ended(status),
            WaitCondition::NextExit => ended(status),
            WaitCondition::Removed => status.gone,
        };
        match self.status.wait_for(met).await {
            Ok(status) => WaitOutcome {
                code: i64::from(if status.exits > exits {
                    status.last_code
                } else {
                    status.record.state.exit_code
                }),
                error: None,
            },
            Err(_) => WaitOutcome {
                code: -1,
                error: Some("the engine is stopping".to_owned()),
            },
        }
    }
}
