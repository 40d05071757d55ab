//! Crash-safe records.

use async_trait::async_trait;

use crate::Result;

/// Kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Table {
    Containers,
    Images,
    Networks,
    Volumes,
    /// Facts about the engine itself, for example its identifier.
    Engine,
}

/// One change of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Change {
    Put {
        table: Table,
        key: String,
        value: Vec<u8>,
    },
    Delete {
        table: Table,
        key: String,
    },
}

/// Keeps records by table and key. Values are JSON documents of `palan-model`'s records.
#[async_trait]
pub trait StateStore: Send + Sync + 'static {
    /// All records of a table, in the order of their keys.
    async fn load(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>>;

    /// Applies all changes or none. When this returns, they survive the death of the engine; they
    /// survive a power failure a moment later, and never in part.
    async fn apply(&self, changes: Vec<Change>) -> Result<()>;
}
