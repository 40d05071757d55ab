//! The pure parts of containers, against what dockerd answers.

#![allow(clippy::unwrap_used)]

mod exit;
mod files;
mod list;
mod merge;
mod mounts;
mod names;
mod top;
mod validate;

use palan_model::{
    ContainerConfig, ContainerId, ContainerRecord, Digest, HostConfig, ImageId, Timestamp,
};

pub(super) fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A container called `web` that runs `sh`.
pub(super) fn record(config: ContainerConfig, host: HostConfig) -> ContainerRecord {
    ContainerRecord {
        id: "ab".repeat(32).parse::<ContainerId>().unwrap(),
        name: "web".parse().unwrap(),
        created: Timestamp::UNIX_EPOCH,
        image: ImageId(Digest::from_sha256(&[1; 32])),
        layers: vec![],
        path: "sh".to_owned(),
        args: vec![],
        config,
        host,
        mounts: vec![],
        networks: std::collections::BTreeMap::new(),
        state: palan_model::container::ContainerState::default(),
    }
}
