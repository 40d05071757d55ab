//! What kind of failure an error is: the one property that crosses every layer.
//!
//! Each error type of each layer can name its kind; `docker-server` maps kinds to HTTP statuses in
//! one place.

use serde::{Deserialize, Serialize};

/// The class of a failure, independent of where it arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The named object does not exist.
    NotFound,
    /// The request contradicts the present state of the object.
    Conflict,
    /// The request itself is malformed or asks for something impossible.
    InvalidParameter,
    /// The object is already in the state that was asked for.
    NotModified,
    /// The caller must authenticate first.
    Unauthorized,
    /// The caller may not do this.
    Forbidden,
    /// A peer that is needed (a registry, the kernel's resources) cannot serve now.
    Unavailable,
    /// The feature does not exist here.
    NotImplemented,
    /// The request was cancelled or ran out of time.
    Cancelled,
    /// Stored or received data is damaged.
    DataLoss,
    /// A failure of the host or of Palan itself.
    System,
}
