//! The one error type that crosses a contract.

use palan_model::ErrorKind;

/// Result of a contract's method.
pub type Result<T> = std::result::Result<T, Error>;

/// A driver's failure with its class. The text is the driver's own.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct Error {
    kind: ErrorKind,
    exit_code: Option<i32>,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Error {
    /// Wraps a driver's error (or a plain message) with its class.
    pub fn new(
        kind: ErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            exit_code: None,
            source: source.into(),
        }
    }

    /// The exit code that a container gets when this error ended its start.
    #[must_use]
    pub fn with_exit_code(mut self, code: i32) -> Self {
        self.exit_code = Some(code);
        self
    }

    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The exit code that a container gets when this error ended its start.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    /// The text with the texts of all sources, outermost first, joined by `: `.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.source.to_string();
        let mut next = self.source.source();
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }
}
