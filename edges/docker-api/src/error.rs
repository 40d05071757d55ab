//! The body of every failed request.

use serde::{Deserialize, Serialize};

/// `{"message": ..}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorResponse {
    /// What went wrong, for people.
    pub message: String,
}
