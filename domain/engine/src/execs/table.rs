//! The instances in memory, and when they are forgotten.
//!
//! ```text
//! created --claim--> running --end--> ended --KEPT later--> forgotten
//!    |                  |                                      ^
//!    +-- end of the container's run (a created one at once) ---+
//! ```
//!
//! Invariant: the table is bounded by what may still run and what ended within [`KEPT`], of the
//! latter at most [`MOST_ENDED`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use palan_contracts::{ExitReceiver, StartedExec};
use palan_model::runner::ExecExit;
use palan_model::{ContainerId, ExecId, ExecRecord, ExecSpec};
use tokio::time::Instant;

use crate::{Error, Result};

/// How long clients can ask for the exit code of an instance that ended, as in Docker.
pub(super) const KEPT: Duration = Duration::from_secs(5 * 60);
/// Ended instances kept at most; the oldest go first.
pub(super) const MOST_ENDED: usize = 4096;
/// Exit code of a process whose end nobody saw: it was killed with its container.
const KILLED: i32 = 137;

/// All instances.
#[derive(Clone, Default)]
pub(crate) struct ExecTable(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    execs: BTreeMap<ExecId, ExecRecord>,
    /// Those that ended, oldest first.
    ended: VecDeque<(Instant, ExecId)>,
}

impl Rows {
    fn end(&mut self, id: &ExecId, code: i32) {
        if let Some(exec) = self.execs.get_mut(id)
            && exec.exit_code.is_none()
        {
            exec.running = false;
            exec.exit_code = Some(code);
            self.ended.push_back((Instant::now(), id.clone()));
        }
        self.prune();
    }

    fn prune(&mut self) {
        while let Some((at, id)) = self.ended.front() {
            if self.ended.len() <= MOST_ENDED && at.elapsed() < KEPT {
                return;
            }
            self.execs.remove(id);
            self.ended.pop_front();
        }
    }

    fn find(&mut self, id: &str) -> Result<&mut ExecRecord> {
        self.prune();
        let missing = || Error::NoSuchExec(id.to_owned());
        let key = id.parse::<ExecId>().map_err(|_| missing())?;
        self.execs.get_mut(&key).ok_or_else(missing)
    }
}

impl ExecTable {
    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().expect("no holder of this lock panics")
    }

    pub fn insert(&self, exec: ExecRecord) {
        let mut rows = self.lock();
        rows.prune();
        rows.execs.insert(exec.id.clone(), exec);
    }

    pub fn get(&self, id: &str) -> Result<ExecRecord> {
        Ok(self.lock().find(id)?.clone())
    }

    /// Marks an instance as running, unless it was before.
    pub fn claim(&self, id: &str) -> Result<ExecRecord> {
        let mut rows = self.lock();
        let exec = rows.find(id)?;
        super::check_fresh(exec, id)?;
        exec.running = true;
        Ok(exec.clone())
    }

    pub fn set_pid(&self, id: &ExecId, pid: u32) {
        if let Some(exec) = self.lock().execs.get_mut(id) {
            exec.pid = pid;
        }
    }

    /// It ended; the first word on how counts.
    pub fn end(&self, id: &ExecId, code: i32) {
        self.lock().end(id, code);
    }

    /// Identifiers of a container's instances that have not ended.
    pub fn of(&self, container: &ContainerId) -> Vec<ExecId> {
        self.lock()
            .execs
            .values()
            .filter(|exec| exec.container == *container && exec.exit_code.is_none())
            .map(|exec| exec.id.clone())
            .collect()
    }

    /// The container is gone.
    pub fn forget(&self, container: &ContainerId) {
        let mut rows = self.lock();
        rows.execs.retain(|_, exec| exec.container != *container);
        let Rows { execs, ended } = &mut *rows;
        ended.retain(|(_, id)| execs.contains_key(id));
    }

    /// The container's run ended, and its processes with it. What was not started yet never will be.
    pub fn container_ended(&self, container: &ContainerId, exits: &[ExecExit]) {
        let mut rows = self.lock();
        rows.execs.retain(|_, exec| {
            exec.container != *container || exec.running || exec.exit_code.is_some()
        });
        let running: Vec<_> = rows
            .execs
            .values()
            .filter(|exec| exec.container == *container && exec.running)
            .map(|exec| exec.id.clone())
            .collect();
        for id in running {
            let known = exits.iter().find(|exit| exit.id == id);
            rows.end(&id, known.map_or(KILLED, |exit| exit.code));
        }
    }

    /// Enters instances that an earlier engine started.
    pub fn restore(&self, container: &ContainerId, execs: Vec<(ExecId, StartedExec)>) {
        for (id, started) in execs {
            self.insert(ExecRecord {
                id: id.clone(),
                container: container.clone(),
                spec: ExecSpec::default(),
                running: true,
                exit_code: None,
                pid: started.pid,
                can_remove: false,
            });
            self.clone().watch(id, started.exit, |_| ());
        }
    }

    /// Notes the end when it comes.
    pub fn watch(
        self,
        id: ExecId,
        mut exit: ExitReceiver<i32>,
        ended: impl FnOnce(i32) + Send + 'static,
    ) {
        tokio::spawn(async move {
            let code = match exit.wait_for(Option::is_some).await {
                Ok(code) => code.unwrap_or(KILLED),
                // The runner is gone, and the process with it.
                Err(_) => KILLED,
            };
            self.end(&id, code);
            ended(code);
        });
    }
}
