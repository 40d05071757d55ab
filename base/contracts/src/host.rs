//! Questions about the host's files that creating and starting a container raises.

use std::path::Path;

use async_trait::async_trait;
use palan_model::run::DeviceNode;

use crate::Result;

/// What a path of the host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PathKind {
    Directory,
    Other,
}

/// Looks at the host.
#[async_trait]
pub trait Host: Send + Sync + 'static {
    /// The host's `/etc/resolv.conf`, or the one that lists the real servers when a local stub
    /// resolver is configured there; empty when there is none.
    async fn resolv_conf(&self) -> Result<Vec<u8>>;

    /// What is at this absolute path, symbolic links followed; none when nothing is.
    async fn path_kind(&self, path: &Path) -> Result<Option<PathKind>>;

    /// Makes a directory with its parents, mode 0755. Idempotent.
    async fn create_directory(&self, path: &Path) -> Result<()>;

    /// The device at a path, or all devices below it when it is a directory. Paths are the host's.
    ///
    /// # Errors
    /// `InvalidParameter` when it is neither.
    async fn devices(&self, path: &Path) -> Result<Vec<DeviceNode>>;
}
