//! Records, container directories and volumes in memory.

use std::path::PathBuf;

use async_trait::async_trait;
use palan_model::{ContainerId, ErrorKind, RootfsSpec, VolumeName};

use super::World;
use super::world::table_name;
use crate::{Change, Error, Result, Snapshotter, StateStore, Table, VolumeStore};

#[async_trait]
impl StateStore for World {
    async fn load(&self, table: Table) -> Result<Vec<(String, Vec<u8>)>> {
        let name = table_name(table);
        let contents = self.contents();
        let rows = contents
            .records
            .iter()
            .filter(|((table, _), _)| *table == name);
        Ok(rows
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect())
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<()> {
        self.effect(|contents| {
            if contents.store_fails || contents.store_takes == Some(0) {
                return Err(full("write a record"));
            }
            if let Some(left) = &mut contents.store_takes {
                *left -= 1;
            }
            for change in changes {
                match change {
                    Change::Put { table, key, value } => {
                        contents.records.insert((table_name(table), key), value);
                    }
                    Change::Delete { table, key } => {
                        contents.records.remove(&(table_name(table), key));
                    }
                }
            }
            Ok(())
        })
        .await
    }
}

/// What a full disk answers.
fn full(doing: &str) -> Error {
    Error::new(
        ErrorKind::System,
        format!("failed to {doing}: no space left on device"),
    )
}

#[async_trait]
impl Snapshotter for World {
    async fn prepare(
        &self,
        id: &ContainerId,
        layers: &[PathBuf],
        volatile: bool,
    ) -> Result<RootfsSpec> {
        self.effect(|contents| {
            if contents.snapshots_fail {
                return Err(full("make a directory"));
            }
            contents.snapshots.insert(id.clone());
            Ok(())
        })
        .await?;
        let directory = self.directory(id);
        Ok(RootfsSpec::Overlay {
            lower: layers.iter().rev().cloned().collect(),
            upper: directory.join("upper"),
            work: directory.join("work"),
            volatile,
        })
    }

    fn directory(&self, id: &ContainerId) -> PathBuf {
        PathBuf::from("/containers").join(id.as_str())
    }

    fn files(&self, id: &ContainerId) -> PathBuf {
        PathBuf::from("/files").join(id.as_str())
    }

    async fn write_file(&self, id: &ContainerId, name: &str, _contents: &[u8]) -> Result<PathBuf> {
        Ok(self.files(id).join(name))
    }

    async fn usage(&self, _id: &ContainerId) -> Result<u64> {
        Ok(0)
    }

    async fn list(&self) -> Result<Vec<ContainerId>> {
        Ok(self.contents().snapshots.iter().cloned().collect())
    }

    async fn remove(&self, id: &ContainerId) -> Result<()> {
        self.effect(|contents| contents.snapshots.remove(id)).await;
        Ok(())
    }
}

#[async_trait]
impl VolumeStore for World {
    async fn create(&self, name: &VolumeName) -> Result<PathBuf> {
        self.effect(|contents| contents.volumes.insert(name.clone()))
            .await;
        Ok(PathBuf::from("/volumes").join(name.as_str()).join("_data"))
    }

    async fn list(&self) -> Result<Vec<VolumeName>> {
        Ok(self.contents().volumes.iter().cloned().collect())
    }

    async fn usage(&self, _name: &VolumeName) -> Result<u64> {
        Ok(0)
    }

    async fn remove(&self, name: &VolumeName) -> Result<()> {
        self.effect(|contents| contents.volumes.remove(name)).await;
        Ok(())
    }
}
