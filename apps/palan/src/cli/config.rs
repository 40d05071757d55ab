//! The user's `config.json` (`~/.docker`, `DOCKER_CONFIG` or `--config`): read, never written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What is used of the file; the rest belongs to other programs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Config {
    /// Context that says where the engine is.
    pub current_context: String,
    /// Keys that leave a container running.
    pub detach_keys: String,
    /// Format of `ps`.
    pub ps_format: String,
    /// Format of `images`.
    pub images_format: String,
    /// Format of `volume ls`.
    pub volumes_format: String,
    /// Format of `network ls`.
    pub networks_format: String,
    /// Credentials by registry.
    pub auths: BTreeMap<String, Auth>,
    /// Proxy variables for containers, by engine address or `default`.
    pub proxies: BTreeMap<String, Proxy>,
}

/// Credentials of one registry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Auth {
    /// `user:password` in base64.
    pub auth: String,
    /// Token instead of a password.
    pub identitytoken: String,
}

/// Proxy settings that containers get as environment variables.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Proxy {
    http_proxy: String,
    https_proxy: String,
    no_proxy: String,
    ftp_proxy: String,
    all_proxy: String,
}

impl Proxy {
    /// The variables, in both spellings that programs look for.
    pub fn variables(&self) -> Vec<(String, String)> {
        let pairs = [
            ("HTTP_PROXY", &self.http_proxy),
            ("HTTPS_PROXY", &self.https_proxy),
            ("NO_PROXY", &self.no_proxy),
            ("FTP_PROXY", &self.ftp_proxy),
            ("ALL_PROXY", &self.all_proxy),
        ];
        pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .flat_map(|(name, value)| {
                [
                    (name.to_owned(), value.clone()),
                    (name.to_ascii_lowercase(), value.clone()),
                ]
            })
            .collect()
    }
}

/// Directory of the configuration.
pub fn directory(flag: &str) -> PathBuf {
    if !flag.is_empty() {
        return PathBuf::from(flag);
    }
    match std::env::var_os("DOCKER_CONFIG") {
        Some(directory) if !directory.is_empty() => PathBuf::from(directory),
        _ => home().join(".docker"),
    }
}

fn home() -> PathBuf {
    match std::env::var_os("HOME") {
        Some(home) if !home.is_empty() => PathBuf::from(home),
        _ => PathBuf::from("/"),
    }
}

/// Reads the file. A missing one is an empty one.
///
/// # Errors
/// A text to warn the user with, when there is a file that cannot be used.
pub fn load(directory: &Path) -> Result<Config, String> {
    let path = directory.join("config.json");
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Config::default()),
        Err(error) => {
            return Err(format!(
                "Error loading config file: {}: {error}",
                path.display()
            ));
        }
    };
    if bytes.trim_ascii().is_empty() {
        return Ok(Config::default());
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| format!("Error loading config file: {}: {error}", path.display()))
}
