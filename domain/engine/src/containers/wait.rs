//! Waiting for a container's end.

use tokio::sync::watch;

use super::actor::Status;
use super::{Containers, is_removable};
use crate::Result;

/// What to wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitCondition {
    /// It does not run; true at once for a container that never ran.
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
}

impl Containers {
    /// Registers a wait.
    ///
    /// # Errors
    /// When there is no such container.
    pub fn wait(&self, name: &str, condition: WaitCondition) -> Result<Wait> {
        let status = self.find(name)?.status;
        let exits = status.borrow().exits;
        Ok(Wait {
            status,
            condition,
            exits,
        })
    }
}

impl Wait {
    /// Waits.
    pub async fn outcome(mut self) -> WaitOutcome {
        let (condition, exits) = (self.condition, self.exits);
        let met = |status: &Status| match condition {
            WaitCondition::NotRunning => status.gone || is_removable(status.record.state.phase),
            WaitCondition::NextExit => status.gone || status.exits > exits,
            WaitCondition::Removed => status.gone,
        };
        match self.status.wait_for(met).await {
            Ok(status) => WaitOutcome {
                code: i64::from(status.record.state.exit_code),
                error: None,
            },
            Err(_) => WaitOutcome {
                code: -1,
                error: Some("the engine is stopping".to_owned()),
            },
        }
    }
}
