//! The traits between the layers. `domain` calls them, `drivers` implement them, `apps` wires them.
//!
//! A contract speaks `palan-model` data only, says how often and in which order its methods may be
//! called, and which of them are idempotent. Errors carry an [`ErrorKind`](palan_model::ErrorKind)
//! and the driver's own error as their source.

mod clock;
mod content;
mod error;
#[cfg(feature = "fakes")]
pub mod fakes;
mod host;
mod logs;
mod network;
mod registry;
mod runtime;
mod seccomp;
mod snapshots;
mod state;
mod volumes;

pub use clock::{Clock, SystemClock};
pub use content::{
    BlobWriter, Collected, ContentStore, Keep, LayerStore, LoadedImage, Progress, ProgressSink,
    UnpackSpec,
};
pub use error::{Error, Result};
pub use host::{Host, PathKind};
pub use logs::{LogReader, LogStore};
pub use network::{AttachmentSpec, NetworkDriver};
pub use registry::{Registry, ResolvedImage};
pub use runtime::{AttachStream, ExitReceiver, Recovered, Runtime, Started, StartedExec};
pub use seccomp::SeccompCompiler;
pub use snapshots::Snapshotter;
pub use state::{Change, StateStore, Table};
pub use volumes::VolumeStore;

/// A stream of bytes read from somewhere.
pub type ByteReader = Box<dyn tokio::io::AsyncRead + Send + Unpin>;
