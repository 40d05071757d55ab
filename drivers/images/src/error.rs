//! What can go wrong with images on disk.

use std::io;
use std::path::{Path, PathBuf};

use palan_model::image_config::InvalidImageConfig;
use palan_model::{ChainId, Digest, ErrorKind};

use crate::tar::TarError;

/// A failure of the image store.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ImagesError {
    #[error("failed to {action} {}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("failed to read the image archive")]
    Source(#[source] io::Error),
    #[error("content digest {0}: not found")]
    NoBlob(Digest),
    #[error("layer {0} not found")]
    NoLayer(ChainId),
    #[error("blob {digest} has {size} bytes, more than {limit}")]
    DocumentTooLarge {
        digest: Digest,
        size: u64,
        limit: u64,
    },
    #[error("blob {0} is damaged: its bytes do not match its digest")]
    Damaged(Digest),
    #[error("filesystem layer verification failed for digest {expected}: the bytes are {found}")]
    WrongDigest { expected: Digest, found: Digest },
    #[error("blob {digest} must have {expected} bytes but has {found}")]
    WrongSize {
        digest: Digest,
        expected: u64,
        found: u64,
    },
    #[error("wrong diff id calculated on extraction: expected {expected}, got {found}")]
    WrongDiffId { expected: Digest, found: Digest },
    #[error(transparent)]
    Tar(#[from] TarError),
    #[error("archive is not compressed properly")]
    Compression(#[source] io::Error),
    #[error("archive entry {path:?} {reason}")]
    Hostile { path: String, reason: &'static str },
    #[error("archive {what} exceeds the limit of {limit}")]
    Limit { what: &'static str, limit: u64 },
    #[error("failed to {action} {path:?} of the layer")]
    Entry {
        action: &'static str,
        path: String,
        source: io::Error,
    },
    #[error(
        "archive is neither a docker-archive nor an OCI archive: it has no manifest.json and no index.json"
    )]
    NotAnImage,
    #[error("archive has no file {0:?}, which its manifest names")]
    Missing(String),
    #[error("invalid document {name:?}")]
    Document {
        name: String,
        source: serde_json::Error,
    },
    #[error("invalid image configuration {name:?}")]
    Config {
        name: String,
        source: InvalidImageConfig,
    },
    #[error("invalid image name {0:?}")]
    Name(String),
    #[error("image {config} has {layers} layers but its configuration names {diff_ids}")]
    LayerCount {
        config: Digest,
        layers: usize,
        diff_ids: usize,
    },
    #[error("image index has no image for {0}")]
    NoPlatform(String),
    #[error("image indexes are nested too deeply")]
    Nesting,
    #[error("a worker of the image store ended unexpectedly")]
    Worker,
}

impl ImagesError {
    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoBlob(_) | Self::NoLayer(_) | Self::NoPlatform(_) => ErrorKind::NotFound,
            Self::Damaged(_)
            | Self::WrongDigest { .. }
            | Self::WrongSize { .. }
            | Self::WrongDiffId { .. } => ErrorKind::DataLoss,
            Self::Io { .. } | Self::Source(_) | Self::Worker => ErrorKind::System,
            Self::Tar(TarError::Read(source)) if !is_malformed(source) => ErrorKind::System,
            Self::Entry { source, .. } if is_host_failure(source) => ErrorKind::System,
            _ => ErrorKind::InvalidParameter,
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn hostile(path: &[u8], reason: &'static str) -> Self {
        Self::Hostile {
            path: shown(path),
            reason,
        }
    }

    pub(crate) fn entry(
        action: &'static str,
        path: &[u8],
    ) -> impl FnOnce(rustix::io::Errno) -> Self {
        let path = shown(path);
        move |errno| Self::Entry {
            action,
            path,
            source: errno.into(),
        }
    }
}

/// A name for messages; long ones are cut.
fn shown(path: &[u8]) -> String {
    const LONGEST: usize = 300;
    let text = String::from_utf8_lossy(&path[..path.len().min(LONGEST)]);
    if path.len() > LONGEST {
        format!("{text}...")
    } else {
        text.into_owned()
    }
}

/// Decompressors report damaged input with these kinds.
pub(crate) fn is_malformed(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    matches!(
        error.kind(),
        InvalidData | InvalidInput | UnexpectedEof | Other
    ) && error.raw_os_error().is_none()
}

/// The host's fault and not the archive's.
fn is_host_failure(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let hosts = [
        Errno::NOSPC,
        Errno::DQUOT,
        Errno::IO,
        Errno::ROFS,
        Errno::PERM,
        Errno::ACCESS,
        Errno::NOMEM,
        Errno::MFILE,
        Errno::NFILE,
    ];
    error
        .raw_os_error()
        .is_some_and(|code| hosts.iter().any(|errno| errno.raw_os_error() == code))
}

impl From<ImagesError> for palan_contracts::Error {
    fn from(error: ImagesError) -> Self {
        Self::new(error.kind(), error)
    }
}
