//! The database's format: settings, tables and the steps from each format to the next.
//!
//! `PRAGMA user_version` counts the steps that a file has been through. Steps are only ever added.

use std::path::Path;

use palan_contracts::Table;
use rusqlite::{Connection, TransactionBehavior};

use crate::StateError;

/// Marks the file as ours (`PRAGMA application_id`): "Paln".
const APPLICATION_ID: i32 = 0x5061_6c6e;

/// Step `n` turns format `n` into format `n + 1`. Format 0 is an empty file.
const STEPS: &[&str] = &["
    CREATE TABLE containers (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;
    CREATE TABLE images     (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;
    CREATE TABLE networks   (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;
    CREATE TABLE volumes    (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;
    CREATE TABLE engine     (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;
"];

/// Write-ahead log without a sync at each commit: a commit survives the death of the process at
/// once and a power failure after the next checkpoint, never in part. The cache is small because
/// records are read once, at start. The log is folded back by the writer when it is idle; the
/// automatic checkpoint (in pages of 4 KiB) only bounds it.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -256;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 1048576;
";

/// The newest format that this code reads and writes.
pub(crate) fn known_format() -> i32 {
    i32::try_from(STEPS.len()).expect("a handful of steps")
}

/// Name of the table in the database.
pub(crate) fn table_name(table: Table) -> &'static str {
    match table {
        Table::Containers => "containers",
        Table::Images => "images",
        Table::Networks => "networks",
        Table::Volumes => "volumes",
        Table::Engine => "engine",
    }
}

/// Opens or creates the database and brings it to the known format.
///
/// # Errors
/// `NewerFormat` and `Foreign` leave the file as it was.
pub(crate) fn open(path: &Path) -> Result<Connection, StateError> {
    let failed = |action| {
        move |source| StateError::Database {
            action,
            path: path.to_owned(),
            source,
        }
    };
    let mut connection = Connection::open(path).map_err(failed("open"))?;
    let format = check(&connection, path)?;
    connection
        .execute_batch(SETTINGS)
        .map_err(failed("configure"))?;
    if format < known_format() {
        migrate(&mut connection, format).map_err(failed("upgrade"))?;
    }
    Ok(connection)
}

/// The format of the file, when it is one of ours that we know.
fn check(connection: &Connection, path: &Path) -> Result<i32, StateError> {
    let pragma = |name: &str| {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0))
            .map_err(|source| StateError::Database {
                action: "read",
                path: path.to_owned(),
                source,
            })
    };
    let (owner, found) = (pragma("application_id")?, pragma("user_version")?);
    let empty = owner == 0 && found == 0 && pragma("schema_version")? == 0;
    if owner != APPLICATION_ID && !empty {
        return Err(StateError::Foreign {
            path: path.to_owned(),
        });
    }
    if found > known_format() {
        return Err(StateError::NewerFormat {
            path: path.to_owned(),
            found,
            known: known_format(),
        });
    }
    Ok(found)
}

/// All missing steps in one transaction: an upgrade that is interrupted did not happen.
fn migrate(connection: &mut Connection, format: i32) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(format).unwrap_or(0);
    for step in &STEPS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known_format())?;
    transaction.commit()
}

#[cfg(test)]
mod tests;
