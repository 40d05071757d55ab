//! Volumes of the `local` driver.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use palan_contracts::{Result, VolumeStore};
use palan_model::VolumeName;
use palan_trash::Trash;

use crate::error::SnapshotsError;
use crate::snapshots::{discard, names, open_directory, usage};

/// Docker's name for the directory that is mounted.
const DATA: &str = "_data";

/// Directories of volumes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LocalVolumes {
    volumes: PathBuf,
    trash: Arc<Trash>,
}

impl LocalVolumes {
    /// Makes the directories when needed and goes on deleting what a dead process left.
    ///
    /// # Errors
    /// When the directories cannot be made or read.
    pub fn open(data_root: &Path) -> std::result::Result<Self, SnapshotsError> {
        let volumes = data_root.join("volumes");
        let trash = open_directory(&volumes, 0o711, &data_root.join("trash/volumes"))?;
        Ok(Self { volumes, trash })
    }

    fn volume(&self, name: &VolumeName) -> PathBuf {
        self.volumes.join(name.as_str())
    }
}

fn make(path: &Path, mode: u32) -> std::result::Result<(), SnapshotsError> {
    match fs::DirBuilder::new().mode(mode).create(path) {
        // The umask may have taken bits away that the container's users need.
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(mode)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
    .map_err(SnapshotsError::io("make volume", path))
}

#[async_trait]
impl VolumeStore for LocalVolumes {
    async fn create(&self, name: &VolumeName) -> Result<PathBuf> {
        let volume = self.volume(name);
        make(&volume, 0o701)?;
        let data = volume.join(DATA);
        make(&data, 0o755)?;
        Ok(data)
    }

    async fn list(&self) -> Result<Vec<VolumeName>> {
        Ok(names(&self.volumes)?)
    }

    async fn usage(&self, name: &VolumeName) -> Result<u64> {
        Ok(usage(self.volume(name).join(DATA)).await?)
    }

    async fn remove(&self, name: &VolumeName) -> Result<()> {
        Ok(discard(&self.trash, &self.volume(name))?)
    }
}
