//! `POST /containers/{id}/wait`.

use serde::{Deserialize, Serialize};

/// How the container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerWaitResponse {
    /// Why there is no exit code. Outer none leaves the field out (since 1.42), inner none is `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Option<WaitExitError>>,
    pub status_code: i64,
}

/// Why there is no exit code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct WaitExitError {
    pub message: String,
}
