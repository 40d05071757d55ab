//! Container log files in Docker's `json-file` format.
//!
//! | part | used by | what |
//! |---|---|---|
//! | [`LogWriter`] | the runner | splits output into lines, encodes them, appends, rotates |
//! | [`JsonFileLogs`] | the engine | implements `contracts::LogStore`: tail, filters, follow |
//!
//! The two halves share only the format and never talk to each other: a log is complete without an
//! engine, and can be read without a runner. Other log drivers do not live here yet.
//!
//! Invariant: a complete line of the container is in the file, by one `write(2)` of whole entries,
//! before [`LogWriter::write`] returns. Only a line whose end was not seen yet is held in memory.

mod entry;
mod error;
mod files;
mod lines;
#[cfg(feature = "reader")]
mod reader;
mod rfc3339;
mod writer;

pub use error::LogError;
#[cfg(feature = "reader")]
pub use reader::JsonFileLogs;
pub use writer::LogWriter;
