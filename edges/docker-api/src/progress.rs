//! Progress of long operations: one JSON object a line (`/images/create`, `/images/load`).

use serde::{Deserialize, Serialize};

use crate::is_zero;

/// One line of progress. Which fields are set depends on the operation; absent ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProgressMessage {
    /// Text to print as it is, with its line feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// What is being done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// How far it is. `{}` for steps without a measure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_detail: Option<ProgressDetail>,
    /// The bar as text, for old clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<String>,
    /// What it is done to: a layer's short identifier or a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why the operation failed; the last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_detail: Option<ErrorDetail>,
    /// The same as text, for old clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A measure in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressDetail {
    /// Done.
    #[serde(skip_serializing_if = "is_zero")]
    pub current: i64,
    /// In all; 0 when unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub total: i64,
}

/// A failure after the first line of progress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorDetail {
    /// Exit code of a failed build step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Text.
    pub message: String,
}

impl ProgressMessage {
    /// A line that only says what happened.
    #[must_use]
    pub fn status(text: impl Into<String>) -> Self {
        Self {
            status: Some(text.into()),
            ..Self::default()
        }
    }

    /// The line that ends a failed operation.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            error_detail: Some(ErrorDetail {
                code: None,
                message: message.clone(),
            }),
            error: Some(message),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_as_dockerd_writes_them() {
        let json = |message: &ProgressMessage| serde_json::to_string(message).unwrap();
        assert_eq!(json(&ProgressMessage::status("x")), r#"{"status":"x"}"#);
        let layer = ProgressMessage {
            id: Some("65beeff4d6c8".into()),
            progress_detail: Some(ProgressDetail::default()),
            ..ProgressMessage::status("Pull complete")
        };
        assert_eq!(
            json(&layer),
            r#"{"status":"Pull complete","progressDetail":{},"id":"65beeff4d6c8"}"#
        );
        assert_eq!(
            json(&ProgressMessage::error("boom")),
            r#"{"errorDetail":{"message":"boom"},"error":"boom"}"#
        );
    }
}
