//! Refused and failed requests: the one place that maps error kinds to HTTP statuses.

use http::{Response, StatusCode};
use palan_docker_api::{ErrorResponse, go_json};
use palan_model::ErrorKind;

use crate::response::{Body, empty, json};

/// Why a request failed, as the client is told.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl Failure {
    /// A request that cannot be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    /// Something that Docker has and this engine does not.
    pub(crate) fn not_available(what: &str) -> Self {
        Self {
            status: StatusCode::NOT_IMPLEMENTED,
            message: format!("{what} not available yet"),
        }
    }

    /// Work that ended without a result: the server ends, or has a bug.
    pub(crate) fn interrupted() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: "the request was interrupted".to_owned(),
        }
    }

    /// A path without an operation.
    pub(crate) fn page_not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: "page not found".to_owned(),
        }
    }

    /// The answer.
    pub(crate) fn into_response(self) -> Response<Body> {
        if self.status == StatusCode::NOT_MODIFIED {
            return empty(self.status);
        }
        json(
            self.status,
            &ErrorResponse {
                message: self.message,
            },
        )
    }
}

impl From<palan_engine::Error> for Failure {
    fn from(error: palan_engine::Error) -> Self {
        Self {
            status: status(error.kind()),
            message: error.to_string(),
        }
    }
}

impl From<go_json::Error> for Failure {
    fn from(error: go_json::Error) -> Self {
        Self::bad_request(error.to_string())
    }
}

/// The status for a class of failures, as dockerd chooses it: a registry that cannot be reached is
/// a failure of the server there, not 503.
pub(crate) fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::InvalidParameter => StatusCode::BAD_REQUEST,
        ErrorKind::NotModified => StatusCode::NOT_MODIFIED,
        ErrorKind::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotImplemented => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Unavailable | ErrorKind::Cancelled | ErrorKind::DataLoss | ErrorKind::System => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
