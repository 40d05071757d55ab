//! What can go wrong, in Docker's words.

use palan_model::ErrorKind;

/// Result of an operation of the engine.
pub type Result<T> = std::result::Result<T, Error>;

/// A refused or failed operation. The text is what Docker's clients print, and some of them parse.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum Error {
    #[error("No such container: {0}")]
    NoSuchContainer(String),
    #[error("Multiple IDs found with provided prefix: {0}")]
    AmbiguousContainer(String),
    #[error("No such exec instance: {0}")]
    NoSuchExec(String),
    #[error("No such image: {0}")]
    NoSuchImage(String),
    #[error("ambiguous image reference: {0} is the beginning of several identifiers")]
    AmbiguousImage(String),
    #[error("get {0}: no such volume")]
    NoSuchVolume(String),
    #[error("network {0} not found")]
    NoSuchNetwork(String),
    #[error("{0}")]
    NotFound(String),
    #[error(
        "Conflict. The container name \"/{name}\" is already in use by container \"{holder}\". You have to remove (or rename) that container to be able to reuse that name."
    )]
    NameInUse { name: String, holder: String },
    #[error("Container {0} is not running")]
    NotRunning(String),
    #[error("Container {0} is paused, unpause the container before exec")]
    Paused(String),
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    InvalidParameter(String),
    #[error("Invalid filter '{0}'")]
    InvalidFilter(String),
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    NotImplemented(String),
    /// The object is already in the wanted state.
    #[error("{0}")]
    NotModified(String),
    /// A start that failed; the exit code is what the container got.
    #[error("{message}")]
    StartFailed {
        kind: ErrorKind,
        exit_code: i32,
        message: String,
    },
    #[error("the container was removed while the request waited for it")]
    Vanished,
    #[error("stored {table} record {key} is damaged")]
    DamagedRecord {
        table: &'static str,
        key: String,
        source: serde_json::Error,
    },
    #[error("{}", .0.chain())]
    Driver(#[from] palan_contracts::Error),
}

impl Error {
    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchContainer(_)
            | Self::NoSuchExec(_)
            | Self::NoSuchImage(_)
            | Self::NoSuchVolume(_)
            | Self::NoSuchNetwork(_)
            | Self::NotFound(_) => ErrorKind::NotFound,
            Self::NameInUse { .. }
            | Self::NotRunning(_)
            | Self::Paused(_)
            | Self::Conflict(_)
            | Self::Vanished => ErrorKind::Conflict,
            Self::InvalidParameter(_)
            | Self::InvalidFilter(_)
            | Self::AmbiguousContainer(_)
            | Self::AmbiguousImage(_) => ErrorKind::InvalidParameter,
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NotImplemented(_) => ErrorKind::NotImplemented,
            Self::NotModified(_) => ErrorKind::NotModified,
            Self::StartFailed { kind, .. } => *kind,
            Self::DamagedRecord { .. } => ErrorKind::DataLoss,
            Self::Driver(error) => error.kind(),
        }
    }
}
