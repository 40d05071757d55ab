//! What the host has: its resolver's configuration, paths to bind, devices.
//!
//! Only looks and makes directories; mounts and processes belong to others.

mod devices;
mod error;

use std::path::Path;

use async_trait::async_trait;
use palan_contracts::{Host, PathKind, Result};
use palan_model::run::DeviceNode;

pub use error::HostError;

const RESOLV_CONF: &str = "/etc/resolv.conf";
/// Where systemd-resolved lists the servers behind its stub.
const RESOLVED_CONF: &str = "/run/systemd/resolve/resolv.conf";
/// The stub's address.
const STUB: &str = "127.0.0.53";

/// The host this program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinuxHost;

#[async_trait]
impl Host for LinuxHost {
    async fn resolv_conf(&self) -> Result<Vec<u8>> {
        let configured = read_or_empty(Path::new(RESOLV_CONF)).await?;
        if only_stub(&String::from_utf8_lossy(&configured)) {
            let behind = read_or_empty(Path::new(RESOLVED_CONF)).await?;
            if !behind.is_empty() {
                return Ok(behind);
            }
        }
        Ok(configured)
    }

    async fn path_kind(&self, path: &Path) -> Result<Option<PathKind>> {
        match tokio::fs::metadata(path).await {
            Ok(metadata) if metadata.is_dir() => Ok(Some(PathKind::Directory)),
            Ok(_) => Ok(Some(PathKind::Other)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(HostError::Look {
                path: path.to_owned(),
                source,
            }
            .into()),
        }
    }

    async fn create_directory(&self, path: &Path) -> Result<()> {
        Ok(tokio::fs::create_dir_all(path)
            .await
            .map_err(|source| HostError::Create {
                path: path.to_owned(),
                source,
            })?)
    }

    async fn devices(&self, path: &Path) -> Result<Vec<DeviceNode>> {
        let path = path.to_owned();
        let found = tokio::task::spawn_blocking(move || devices::find(&path)).await;
        Ok(found.expect("looking for devices does not panic")?)
    }
}

async fn read_or_empty(path: &Path) -> Result<Vec<u8>> {
    match tokio::fs::read(path).await {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
        Err(source) => Err(HostError::Look {
            path: path.to_owned(),
            source,
        }
        .into()),
    }
}

/// Whether the local stub is the only server.
fn only_stub(conf: &str) -> bool {
    let mut servers = conf
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"));
    servers.next().is_some_and(|server| server.trim() == STUB) && servers.next().is_none()
}

#[cfg(test)]
mod tests;
