//! The thread that owns the connection.
//!
//! It takes everything that waits in the queue and writes it in one transaction, so that many
//! containers starting at once share one commit. When nothing has come for a while it folds the
//! write-ahead log into the database: that syncs, so it is kept away from callers who wait.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use palan_contracts::{Change, Table};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use crate::StateError;
use crate::schema::table_name;

/// Most requests in one transaction.
const BATCH: usize = 256;
/// Quiet time after which the log is folded back.
const IDLE: Duration = Duration::from_secs(1);

pub(crate) type Reply<T> = oneshot::Sender<Result<T, StateError>>;
type Pending = (Vec<Change>, Reply<()>);

/// What the store asks of its thread.
pub(crate) enum Request {
    Load {
        table: Table,
        reply: Reply<Vec<(String, Vec<u8>)>>,
    },
    Apply {
        changes: Vec<Change>,
        reply: Reply<()>,
    },
}

pub(crate) struct Writer {
    connection: Connection,
    path: PathBuf,
    /// The log holds commits that were not folded back.
    dirty: bool,
}

impl Writer {
    pub(crate) fn new(connection: Connection, path: PathBuf) -> Self {
        Self {
            connection,
            path,
            dirty: false,
        }
    }

    /// Serves until all senders are gone and the queue is empty.
    pub(crate) fn run(mut self, queue: &Receiver<Request>) {
        while let Some(first) = self.wait(queue) {
            let mut pending = Vec::new();
            let waiting = queue.try_iter().take(BATCH - 1);
            for request in std::iter::once(first).chain(waiting) {
                match request {
                    Request::Apply { changes, reply } => pending.push((changes, reply)),
                    Request::Load { table, reply } => {
                        self.commit(std::mem::take(&mut pending));
                        // The receiver may have stopped waiting.
                        let _ = reply.send(self.load(table));
                    }
                }
            }
            self.commit(pending);
        }
        if self.dirty {
            self.checkpoint();
        }
    }

    fn wait(&mut self, queue: &Receiver<Request>) -> Option<Request> {
        if self.dirty {
            match queue.recv_timeout(IDLE) {
                Ok(request) => return Some(request),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.checkpoint(),
            }
        }
        queue.recv().ok()
    }

    /// Writes all requests in one transaction and answers them. When that fails, each is tried
    /// alone, so that one bad request does not fail its neighbours.
    fn commit(&mut self, pending: Vec<Pending>) {
        if pending.is_empty() {
            return;
        }
        let all = pending.iter().flat_map(|(changes, _)| changes);
        let together = apply(&mut self.connection, all);
        self.dirty = true;
        let alone = together.is_err() && pending.len() > 1;
        let mut outcome = Some(together);
        for (changes, reply) in pending {
            let result = if alone {
                apply(&mut self.connection, &changes)
            } else {
                outcome.take().unwrap_or(Ok(()))
            };
            // The receiver may have stopped waiting.
            let _ = reply.send(result.map_err(|source| self.failed("write", source)));
        }
    }

    fn load(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>, StateError> {
        let sql = format!("SELECT key, value FROM {} ORDER BY key", table_name(table));
        let read = || {
            let mut statement = self.connection.prepare(&sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|source| self.failed("read", source))
    }

    /// A checkpoint that fails is tried again after the next commit; commits stay in the log.
    fn checkpoint(&mut self) {
        let folded = self
            .connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        self.dirty = folded.is_err();
        // Give the page cache back: the next commit may be hours away.
        let _ = self.connection.release_memory();
    }

    fn failed(&self, action: &'static str, source: rusqlite::Error) -> StateError {
        StateError::Database {
            action,
            path: self.path.clone(),
            source,
        }
    }
}

fn apply<'a>(
    connection: &mut Connection,
    changes: impl IntoIterator<Item = &'a Change>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for change in changes {
        apply_one(&transaction, change)?;
    }
    transaction.commit()
}

fn apply_one(transaction: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Put { table, key, value } => {
            let sql = format!(
                "INSERT INTO {} (key, value) VALUES (?1, ?2) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                table_name(*table)
            );
            transaction
                .prepare_cached(&sql)?
                .execute(params![key, value])?;
        }
        Change::Delete { table, key } => {
            let sql = format!("DELETE FROM {} WHERE key = ?1", table_name(*table));
            transaction.prepare_cached(&sql)?.execute(params![key])?;
        }
    }
    Ok(())
}
