//! What would be on the host, and where an engine dies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use palan_model::id::EndpointId;
use palan_model::{ChainId, ContainerId, Digest, Timestamp, VolumeName};

use super::network::Attached;
use super::runtime::{ExecProgram, FakeRun, Program};
use crate::{Clock, Table};

/// Everything that outlives an engine.
#[derive(Default)]
pub struct Contents {
    /// The state store.
    pub records: BTreeMap<(String, String), Vec<u8>>,
    /// Runs of containers, ended ones included until they are released.
    pub runs: BTreeMap<ContainerId, FakeRun>,
    /// Live attachments.
    pub leases: BTreeMap<EndpointId, Attached>,
    /// Directories of containers.
    pub snapshots: BTreeSet<ContainerId>,
    /// Directories of volumes.
    pub volumes: BTreeSet<VolumeName>,
    /// Blobs.
    pub blobs: BTreeMap<Digest, Vec<u8>>,
    /// Unpacked layers.
    pub layers: BTreeSet<ChainId>,
    /// What containers do when they start.
    pub program: Program,
    /// What processes do that are started in running containers.
    pub exec_program: ExecProgram,
    /// The state store refuses changes, as on a full disk.
    pub store_fails: bool,
    /// Changes that the state store still takes before it refuses all; none for no bound.
    pub store_takes: Option<u64>,
    /// Directories of containers cannot be made.
    pub snapshots_fail: bool,
    steps: u64,
    die_at: Option<u64>,
    ticks: i64,
}

/// A host that exists in memory only. Clones are the same host.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<Contents>>);

impl World {
    /// An empty host.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at the host, or changes it behind the engine's back.
    ///
    /// # Panics
    /// When a test panicked while it held the contents.
    pub fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0
            .lock()
            .expect("no test panics while holding the world")
    }

    /// From now on, count the steps of drivers anew; at step number `die_at`, counted from 1, the
    /// caller never gets an answer, as if it had been killed.
    pub fn die_at(&self, die_at: Option<u64>) {
        let mut contents = self.contents();
        contents.steps = 0;
        contents.die_at = die_at;
    }

    /// Steps that drivers made since [`World::die_at`].
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.contents().steps
    }

    /// One step: drivers call it before and after each effect.
    pub(super) async fn step(&self) {
        let dies = {
            let mut contents = self.contents();
            contents.steps += 1;
            contents.die_at.is_some_and(|at| contents.steps >= at)
        };
        if dies {
            std::future::pending::<()>().await;
        }
    }

    /// Does something to the host, in two steps.
    pub(super) async fn effect<T>(&self, effect: impl FnOnce(&mut Contents) -> T) -> T {
        self.step().await;
        let done = effect(&mut self.contents());
        self.step().await;
        done
    }
}

/// Time that moves a second each time it is looked at.
impl Clock for World {
    fn now(&self) -> Timestamp {
        let mut contents = self.contents();
        contents.ticks += 1;
        Timestamp::from_second(1_700_000_000 + contents.ticks).expect("a time in this century")
    }
}

pub(super) fn table_name(table: Table) -> String {
    format!("{table:?}")
}
