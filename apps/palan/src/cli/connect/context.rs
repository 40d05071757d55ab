//! Docker's contexts: named engines below `contexts/meta` of the configuration directory.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Wish;
use crate::cli::failure::{Failure, Outcome};

/// The context in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextName {
    /// `default`: addresses given directly, else Palan's own engine.
    Default,
    /// One of the store.
    Named(String),
}

impl ContextName {
    /// The context that the user's words, environment and configuration add up to.
    pub fn resolve(wish: &Wish<'_>) -> Self {
        if !wish.context.is_empty() {
            return Self::from_name(wish.context);
        }
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if !wish.hosts.is_empty() || set("DOCKER_HOST").is_some() {
            return Self::Default;
        }
        match set("DOCKER_CONTEXT") {
            Some(name) => Self::from_name(&name),
            None => Self::from_name(wish.current_context),
        }
    }

    fn from_name(name: &str) -> Self {
        if matches!(name, "" | "default") {
            Self::Default
        } else {
            Self::Named(name.to_owned())
        }
    }

    /// The name, as `version` shows it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Default => "default",
            Self::Named(name) => name,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    #[serde(default)]
    endpoints: BTreeMap<String, MetaEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetaEndpoint {
    #[serde(default)]
    host: String,
}

/// The engine's address in the context of this name.
pub fn host_of(config_directory: &Path, name: &str) -> Outcome<String> {
    let store = config_directory.join("contexts/meta");
    let missing = || {
        Failure::new(format!(
            "Failed to initialize: unable to resolve docker endpoint: context {name:?}: context not \
             found in {}",
            store.display()
        ))
    };
    // The directories' names are digests of the contexts' names; the files hold the names.
    let entries = std::fs::read_dir(&store).map_err(|_| missing())?;
    let meta = entries
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path().join("meta.json")).ok())
        .filter_map(|bytes| serde_json::from_slice::<Meta>(&bytes).ok())
        .find(|meta| meta.name == name)
        .ok_or_else(missing)?;
    match meta.endpoints.get("docker") {
        Some(endpoint) if !endpoint.host.is_empty() => Ok(endpoint.host.clone()),
        _ => Err(Failure::new(format!(
            "context {name:?} names no docker endpoint"
        ))),
    }
}
