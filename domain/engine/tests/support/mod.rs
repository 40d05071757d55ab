//! An engine over a host in memory.

use std::path::PathBuf;
use std::sync::Arc;

use palan_contracts::fakes::World;
use palan_engine::images::BuiltinImage;
use palan_engine::system::HostFacts;
use palan_engine::{Drivers, Engine, EngineConfig};
use palan_model::{ContainerConfig, ContainerSpec};

const DOCUMENT: &[u8] = br#"{
    "architecture": "amd64", "os": "linux",
    "config": {"Env": ["PATH=/bin", "A=image"], "Cmd": ["sh"], "Volumes": {"/data": {}}},
    "rootfs": {"type": "layers", "diff_ids": []}
}"#;

pub async fn open(world: &World) -> Engine {
    let world = Arc::new(world.clone());
    let drivers = Drivers {
        clock: world.clone(),
        content: world.clone(),
        host: world.clone(),
        layers: world.clone(),
        logs: world.clone(),
        network: world.clone(),
        registry: world.clone(),
        runtime: world.clone(),
        seccomp: world.clone(),
        snapshots: world.clone(),
        state: world.clone(),
        volumes: world,
    };
    let host = HostFacts {
        cpus: 2,
        cgroup_version: 2,
        ..HostFacts::default()
    };
    let builtin = BuiltinImage {
        name: "test:latest".parse().unwrap(),
        archive: DOCUMENT,
    };
    let config = EngineConfig {
        bridge: "palan0".to_owned(),
        cgroup_parent: "palan".to_owned(),
        labels: vec![],
        data_root: PathBuf::from("/data"),
        builtin_images: vec![builtin],
        built: None,
        host,
    };
    Engine::open(drivers, config).await.unwrap()
}

/// An engine that has the image `test:latest`.
pub async fn with_image(world: &World) -> Engine {
    let engine = open(world).await;
    let name = "test:latest".parse().unwrap();
    engine
        .images
        .pull(name, None, Arc::new(|_| ()))
        .await
        .unwrap();
    engine
}

pub fn spec(name: &str) -> ContainerSpec {
    ContainerSpec {
        name: Some(name.parse().unwrap()),
        config: ContainerConfig {
            image: "test".to_owned(),
            ..ContainerConfig::default()
        },
        ..ContainerSpec::default()
    }
}
