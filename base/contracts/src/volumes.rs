//! Volumes of the `local` driver: directories of the host.

use std::path::PathBuf;

use async_trait::async_trait;
use palan_model::VolumeName;

use crate::Result;

/// Keeps volume directories.
#[async_trait]
pub trait VolumeStore: Send + Sync + 'static {
    /// Makes the volume's directory and returns the path that is mounted. Idempotent.
    async fn create(&self, name: &VolumeName) -> Result<PathBuf>;

    /// Every volume that has a directory.
    async fn list(&self) -> Result<Vec<VolumeName>>;

    /// Bytes in the volume.
    async fn usage(&self, name: &VolumeName) -> Result<u64>;

    /// Removes the volume with its data. Idempotent.
    async fn remove(&self, name: &VolumeName) -> Result<()>;
}
