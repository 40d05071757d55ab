//! `GET /images/{name}/history`.

use serde::{Deserialize, Serialize};

/// One step of an image's history; the newest comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageHistoryItem {
    pub comment: String,
    /// Seconds since 1970.
    pub created: i64,
    pub created_by: String,
    /// The image's for the newest step, `<missing>` for the others.
    pub id: String,
    /// Bytes of the layer; 0 when the step made none.
    pub size: i64,
    pub tags: Option<Vec<String>>,
}
