//! The handle that the engine holds: hands requests to the writer thread and awaits its answers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use palan_contracts::{Change, Result, StateStore, Table};
use tokio::sync::oneshot;

use crate::writer::{Request, Writer};
use crate::{StateError, lock, schema};

/// Records in a SQLite file. Dropping it writes what is queued, closes the file and releases the
/// data root.
#[derive(Debug)]
pub struct SqliteState {
    path: PathBuf,
    requests: Option<mpsc::Sender<Request>>,
    writer: Option<JoinHandle<()>>,
    /// Held last: released when the writer has ended.
    _lock: File,
}

impl SqliteState {
    /// Opens the database at `path`, creates it when it is missing, and locks the directory it is
    /// in, which must exist: the data root.
    ///
    /// # Errors
    /// When another engine uses the data root, the file has a newer format, is not ours or damaged.
    pub fn open(path: impl Into<PathBuf>) -> std::result::Result<Self, StateError> {
        let path = path.into();
        let lock = lock::take(path.parent().unwrap_or(Path::new(".")))?;
        let connection = schema::open(&path)?;
        let (requests, queue) = mpsc::channel();
        let writer = Writer::new(connection, path.clone());
        let thread = std::thread::Builder::new()
            .name("state".to_owned())
            .stack_size(256 * 1024)
            .spawn(move || writer.run(&queue))
            .map_err(|source| StateError::File {
                action: "start the writer of",
                path: path.clone(),
                source,
            })?;
        Ok(Self {
            path,
            requests: Some(requests),
            writer: Some(thread),
            _lock: lock,
        })
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<std::result::Result<T, StateError>>) -> Request,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let closed = || StateError::Closed {
            path: self.path.clone(),
        };
        let requests = self.requests.as_ref().ok_or_else(closed)?;
        requests.send(request(reply)).map_err(|_| closed())?;
        Ok(answer.await.map_err(|_| closed())??)
    }
}

#[async_trait]
impl StateStore for SqliteState {
    async fn load(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>> {
        self.ask(|reply| Request::Load { table, reply }).await
    }

    /// The changes are applied even when the caller stops waiting.
    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        self.ask(|reply| Request::Apply { changes, reply }).await
    }
}

impl Drop for SqliteState {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(writer) = self.writer.take() {
            // A panic of the writer was reported by its thread already; nothing is left to do here.
            let _ = writer.join();
        }
    }
}
