//! A host with nothing special, logs that are empty, filters that are files' names.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use palan_model::log::{LogEntry, LogQuery, LogSpec};
use palan_model::run::DeviceNode;
use tokio::sync::watch;

use super::World;
use crate::{Host, LogReader, LogStore, PathKind, Result, SeccompCompiler};

#[async_trait]
impl Host for World {
    async fn resolv_conf(&self) -> Result<Vec<u8>> {
        Ok(b"nameserver 192.0.2.1\n".to_vec())
    }

    async fn path_kind(&self, _path: &Path) -> Result<Option<PathKind>> {
        Ok(Some(PathKind::Directory))
    }

    async fn create_directory(&self, _path: &Path) -> Result<()> {
        Ok(())
    }

    async fn devices(&self, _path: &Path) -> Result<Vec<DeviceNode>> {
        Ok(vec![])
    }
}

#[async_trait]
impl SeccompCompiler for World {
    async fn program(&self, _profile: Option<&str>, _capabilities: &[String]) -> Result<PathBuf> {
        Ok(PathBuf::from("/filters/default"))
    }
}

struct EmptyLog {
    alive: watch::Receiver<bool>,
}

#[async_trait]
impl LogStore for World {
    async fn read(
        &self,
        _log: &LogSpec,
        _query: LogQuery,
        alive: watch::Receiver<bool>,
    ) -> Result<Box<dyn LogReader>> {
        Ok(Box::new(EmptyLog { alive }))
    }

    async fn remove(&self, _log: &LogSpec) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl LogReader for EmptyLog {
    async fn next(&mut self) -> Result<Option<LogEntry>> {
        // A sender that is gone ends the log too.
        let _ = self.alive.wait_for(|alive| !alive).await;
        Ok(None)
    }
}
