//! Container logs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Which standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StdStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Where and how a container's output is kept. The format is Docker's `json-file`: one JSON object
/// `{"log":..,"stream":..,"time":..}` a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSpec {
    /// The current file; rotated files carry `.1`, `.2`, ...
    pub path: PathBuf,
    /// Rotate when the file would grow beyond this many bytes; none for never.
    pub max_size: Option<u64>,
    /// Number of files kept, the current one included; at least 1.
    pub max_files: u32,
}

/// What a reader of logs wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
    /// Only the last lines; none for all.
    pub tail: Option<u64>,
    /// Go on as lines are written.
    pub follow: bool,
}

/// One message: a line with its line feed, or a piece of a long line without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Which stream.
    pub stream: StdStream,
    /// When it was read from the container.
    pub time: Timestamp,
    /// The bytes, as UTF-8 with replacement characters where the container wrote something else.
    pub message: Vec<u8>,
}
