//! The addresses an engine serves on.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::Context;
use palan_docker_server::Listener;
use tokio::net::UnixListener;

/// Opens all addresses.
///
/// # Errors
/// An address of another kind, or one that is served already.
pub fn bind(hosts: &[String]) -> anyhow::Result<Vec<Listener>> {
    hosts.iter().map(|host| bind_one(host)).collect()
}

fn bind_one(host: &str) -> anyhow::Result<Listener> {
    let Some(path) = socket_path(host) else {
        anyhow::bail!("cannot serve on {host}: only unix:///path is possible");
    };
    if UnixStream::connect(path).is_ok() {
        anyhow::bail!("another engine is serving on {host}");
    }
    // Nobody answers there: it was left by an engine that was killed.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error)
                .with_context(|| format!("failed to remove the old {}", path.display()));
        }
        _ => {}
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("failed to make {}", directory.display()))?;
    }
    let listener =
        UnixListener::bind(path).with_context(|| format!("failed to serve on {host}"))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))
        .with_context(|| format!("failed to set the mode of {}", path.display()))?;
    Ok(Listener::Unix(listener))
}

/// Removes the sockets.
pub fn unbind(hosts: &[String]) {
    for path in hosts.iter().filter_map(|host| socket_path(host)) {
        if let Err(error) = std::fs::remove_file(path) {
            tracing::warn!("failed to remove {}: {error}", path.display());
        }
    }
}

fn socket_path(host: &str) -> Option<&Path> {
    host.strip_prefix("unix://")
        .map(Path::new)
        .filter(|path| path.is_absolute())
}
