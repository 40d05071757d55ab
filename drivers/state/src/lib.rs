//! Crash-safe records in SQLite: the `StateStore` of a real engine.
//!
//! Owns `state.db` and the lock that keeps a second engine out of the data root. Knows nothing of
//! what the records mean: values are opaque bytes. The invariant: one thread holds the only
//! connection, so that changes have one order, and what was answered is on its way to the disk.

mod error;
mod lock;
mod schema;
mod store;
mod writer;

pub use error::StateError;
pub use store::SqliteState;
