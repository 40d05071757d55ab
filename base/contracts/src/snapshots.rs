//! Writable root file systems on top of read-only layers, and the other files of a container.

use std::path::PathBuf;

use async_trait::async_trait;
use palan_model::{ContainerId, RootfsSpec};

use crate::Result;

/// Keeps one directory for each container: its writable layer, its configuration files, its log.
/// Nothing is mounted here: the overlay is mounted by the runner, in the container's own mount
/// namespace, and vanishes with it.
#[async_trait]
pub trait Snapshotter: Send + Sync + 'static {
    /// Makes the container's directory and writable layer. Idempotent: an existing layer is kept.
    /// `layers` are directories, lowest first. `volatile` as in [`RootfsSpec::Overlay`].
    async fn prepare(
        &self,
        id: &ContainerId,
        layers: &[PathBuf],
        volatile: bool,
    ) -> Result<RootfsSpec>;

    /// The container's directory, whether it exists or not.
    fn directory(&self, id: &ContainerId) -> PathBuf;

    /// The directory of the container's small files, whether it exists or not. It does not outlive a
    /// restart of the host: they are written before each start.
    fn files(&self, id: &ContainerId) -> PathBuf;

    /// Writes a small file into that directory, mode 0644, and returns its path. The container must
    /// not be running.
    async fn write_file(&self, id: &ContainerId, name: &str, contents: &[u8]) -> Result<PathBuf>;

    /// Bytes in the writable layer.
    async fn usage(&self, id: &ContainerId) -> Result<u64>;

    /// Every container that has either directory.
    async fn list(&self) -> Result<Vec<ContainerId>>;

    /// Removes both directories: gone from sight at once, deleted in the background. Idempotent.
    async fn remove(&self, id: &ContainerId) -> Result<()>;
}
