//! Failures of registries in Docker's words, and their classes.

use palan_contracts::Error;
use palan_model::{Digest, ErrorKind};

use crate::dial::DialError;

/// Why an image could not be found or fetched.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum RegistryError {
    /// The registry answered with an error; the text is complete.
    #[error("{message}")]
    Refused { kind: ErrorKind, message: String },
    /// The request got no answer.
    #[error("Get \"{url}\": {reason}")]
    Unreachable { url: String, reason: Unreachable },
    #[error("received unexpected HTTP status: {0}")]
    UnexpectedStatus(http::StatusCode),
    #[error("no basic auth credentials")]
    NoCredentials,
    #[error("invalid answer of the token server {realm}: {reason}")]
    TokenServer { realm: String, reason: String },
    #[error("{url} redirects {reason}")]
    Redirect { url: String, reason: &'static str },
    #[error("no matching manifest for {0} in the manifest list entries")]
    NoPlatform(String),
    #[error("manifest verification failed for digest {expected}: got {actual}")]
    WrongDigest { expected: Digest, actual: Digest },
    #[error("{what} of {reference} is larger than {limit} bytes")]
    TooLarge {
        what: &'static str,
        reference: String,
        limit: u64,
    },
    #[error("malformed manifest of {reference}: {reason}")]
    Malformed { reference: String, reason: String },
    #[error("unsupported media type {0}")]
    UnsupportedMediaType(String),
    #[error(
        "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been \
         removed. Suggest the author of {0} to upgrade the image to the OCI Format or Docker Image \
         manifest v2, schema 2. More information at \
         https://docs.docker.com/go/deprecated-image-specs/"
    )]
    Schema1(String),
    #[error("invalid range for blob {digest} of {size} bytes: starts at {offset}")]
    InvalidOffset {
        digest: Digest,
        size: u64,
        offset: u64,
    },
    #[error("blob {digest} ended after {got} of {size} bytes")]
    Truncated { digest: Digest, size: u64, got: u64 },
    #[error("blob {digest} is larger than its {size} bytes")]
    Oversized { digest: Digest, size: u64 },
    #[error("invalid answer to a range of blob {0}")]
    WrongRange(Digest),
}

/// Why a request got no answer, as Go's HTTP client says it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum Unreachable {
    #[error("{0}")]
    Dial(#[from] DialError),
    #[error("net/http: timeout awaiting response headers")]
    Headers,
    #[error("net/http: timeout awaiting response body")]
    Body,
    #[error("{0}")]
    Connection(String),
}

impl RegistryError {
    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { kind, .. } => *kind,
            Self::NoCredentials => ErrorKind::Unauthorized,
            Self::NoPlatform(_) => ErrorKind::NotImplemented,
            Self::WrongDigest { .. } | Self::Oversized { .. } | Self::WrongRange(_) => {
                ErrorKind::DataLoss
            }
            Self::TooLarge { .. }
            | Self::Malformed { .. }
            | Self::UnsupportedMediaType(_)
            | Self::Schema1(_)
            | Self::InvalidOffset { .. } => ErrorKind::InvalidParameter,
            Self::Unreachable { .. }
            | Self::UnexpectedStatus(_)
            | Self::TokenServer { .. }
            | Self::Redirect { .. }
            | Self::Truncated { .. } => ErrorKind::Unavailable,
        }
    }

    /// Whether the same request may well work a moment later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { reason, .. } => match reason {
                Unreachable::Dial(dial) => dial.is_transient(),
                _ => true,
            },
            Self::Truncated { .. } => true,
            _ => false,
        }
    }
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        Self::new(error.kind(), error)
    }
}
