//! Reading container logs. Writing is the runner's, so that no line depends on the engine.

use async_trait::async_trait;
use palan_model::log::{LogEntry, LogQuery, LogSpec};
use tokio::sync::watch;

use crate::Result;

/// Finds log readers.
#[async_trait]
pub trait LogStore: Send + Sync + 'static {
    /// Opens the log for reading, rotated files included. A log that does not exist yet reads as empty.
    ///
    /// With `query.follow` the reader waits for new entries until `alive` is false (or its sender is
    /// gone) and everything written until then was returned.
    async fn read(
        &self,
        log: &LogSpec,
        query: LogQuery,
        alive: watch::Receiver<bool>,
    ) -> Result<Box<dyn LogReader>>;

    /// Removes the log with its rotated files. Idempotent.
    async fn remove(&self, log: &LogSpec) -> Result<()>;
}

/// Entries in the order in which they were written.
#[async_trait]
pub trait LogReader: Send {
    /// The next entry; none at the end. Cancel-safe.
    async fn next(&mut self) -> Result<Option<LogEntry>>;
}
