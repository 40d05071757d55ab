//! The handle: directories of containers below one data root.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use palan_contracts::{Result, Snapshotter};
use palan_model::{ContainerId, RootfsSpec};
use palan_trash::Trash;

use crate::disk_usage::disk_usage;
use crate::error::SnapshotsError;

/// Directories of containers. Cheap to clone. The quick methods call the kernel directly, because
/// a thread switch would cost more than they take.
#[derive(Clone, Debug)]
pub struct OverlaySnapshots {
    containers: PathBuf,
    /// On a tmpfs: small files need not be kept, and cost less there.
    files: PathBuf,
    trash: Arc<Trash>,
}

impl OverlaySnapshots {
    /// Makes the directories when needed and goes on deleting what a dead process left.
    ///
    /// # Errors
    /// When the directories cannot be made or read.
    pub fn open(data_root: &Path, run_root: &Path) -> std::result::Result<Self, SnapshotsError> {
        let containers = data_root.join("containers");
        let trash = open_directory(&containers, 0o710, &data_root.join("trash/containers"))?;
        let files = run_root.join("files");
        make_directory(&files, 0o711)?;
        Ok(Self {
            containers,
            files,
            trash,
        })
    }
}

/// Makes a directory, and a trash for what is removed from it.
pub(crate) fn open_directory(
    directory: &Path,
    mode: u32,
    trash: &Path,
) -> std::result::Result<Arc<Trash>, SnapshotsError> {
    make_directory(directory, mode)?;
    let opened = Trash::open(trash.to_owned()).map_err(SnapshotsError::io("open trash", trash))?;
    Ok(Arc::new(opened))
}

fn make_directory(directory: &Path, mode: u32) -> std::result::Result<(), SnapshotsError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(mode);
    builder
        .create(directory)
        .map_err(SnapshotsError::io("make", directory))
}

pub(crate) fn discard(trash: &Trash, path: &Path) -> std::result::Result<(), SnapshotsError> {
    let discarded = trash.discard(path);
    discarded
        .map(drop)
        .map_err(SnapshotsError::io("remove", path))
}

/// The names of a directory that are of this kind.
pub(crate) fn names<T: FromStr>(directory: &Path) -> std::result::Result<Vec<T>, SnapshotsError> {
    let read = |error| SnapshotsError::io("read", directory)(error);
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        names.extend(name.to_str().and_then(|name| name.parse().ok()));
    }
    Ok(names)
}

/// Counts a tree on a thread that may block.
pub(crate) async fn usage(path: PathBuf) -> std::result::Result<u64, SnapshotsError> {
    let count = move || {
        let counted = disk_usage(&path).map_err(std::io::Error::from);
        counted.map_err(SnapshotsError::io("count", &path))
    };
    let counted = tokio::task::spawn_blocking(count).await;
    counted.map_err(|_| SnapshotsError::Worker)?
}

#[async_trait]
impl Snapshotter for OverlaySnapshots {
    async fn prepare(
        &self,
        id: &ContainerId,
        layers: &[PathBuf],
        volatile: bool,
    ) -> Result<RootfsSpec> {
        Ok(crate::prepare::prepare(
            &self.directory(id),
            layers,
            volatile,
        )?)
    }

    fn directory(&self, id: &ContainerId) -> PathBuf {
        self.containers.join(id.as_str())
    }

    fn files(&self, id: &ContainerId) -> PathBuf {
        self.files.join(id.as_str())
    }

    async fn write_file(&self, id: &ContainerId, name: &str, contents: &[u8]) -> Result<PathBuf> {
        Ok(crate::write_file::write_file(
            &self.files(id),
            name,
            contents,
        )?)
    }

    async fn usage(&self, id: &ContainerId) -> Result<u64> {
        Ok(usage(self.directory(id).join(crate::prepare::UPPER)).await?)
    }

    async fn list(&self) -> Result<Vec<ContainerId>> {
        let mut ids = names(&self.containers)?;
        ids.extend(names(&self.files)?);
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    async fn remove(&self, id: &ContainerId) -> Result<()> {
        let files = self.files(id);
        match fs::remove_dir_all(&files) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(SnapshotsError::io("remove", &files)(error).into());
            }
            _ => {}
        }
        Ok(discard(&self.trash, &self.directory(id))?)
    }
}
