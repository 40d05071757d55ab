//! `GET /containers/{id}/top`.

use serde::{Deserialize, Serialize};

/// A table of processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerTopResponse {
    /// One row a process, one cell a title.
    pub processes: Vec<Vec<String>>,
    pub titles: Vec<String>,
}
