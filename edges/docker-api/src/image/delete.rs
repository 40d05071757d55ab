//! `DELETE /images/{name}` and `POST /images/prune`.

use serde::{Deserialize, Serialize};

use crate::is_zero;

/// One step of a removal: exactly one field is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageDeleteItem {
    /// An image or layer that is gone.
    #[serde(skip_serializing_if = "is_zero")]
    pub deleted: String,
    /// A name that is gone.
    #[serde(skip_serializing_if = "is_zero")]
    pub untagged: String,
}

/// What a prune removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImagePruneResponse {
    pub images_deleted: Option<Vec<ImageDeleteItem>>,
    pub space_reclaimed: u64,
}
