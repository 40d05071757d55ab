use std::path::PathBuf;
use std::sync::Arc;

use palan_docker_api::ApiVersion;
use palan_engine::EngineConfig;
use palan_engine::images::ImageView;
use palan_engine::system::HostFacts;
use palan_model::digest::Digest;
use palan_model::image::ImageLayer;
use palan_model::{ChainId, ContainerConfig, ImageId, ImageRecord, Timestamp};
use serde_json::{Value, json};

use super::*;

fn config() -> EngineConfig {
    EngineConfig {
        built: None,
        bridge: "palan0".to_owned(),
        cgroup_parent: "palan".to_owned(),
        labels: vec![],
        data_root: PathBuf::from("/data"),
        builtin_images: vec![],
        host: HostFacts {
            cgroup_version: 1,
            ..HostFacts::default()
        },
    }
}

fn at(minor: u16, config: &EngineConfig) -> Viewer<'_> {
    Viewer {
        version: ApiVersion::v1(minor),
        config,
        now: Timestamp::UNIX_EPOCH,
    }
}

fn image(layers: &[u8]) -> ImageRecord {
    let layer = |byte: &u8| {
        let digest = Digest::from_sha256(&[*byte; 32]);
        ImageLayer {
            chain_id: ChainId(digest.clone()),
            diff_id: digest,
            blob: None,
            size: 10,
        }
    };
    ImageRecord {
        id: ImageId(Digest::from_sha256(&[9; 32])),
        manifest: None,
        tags: vec![],
        digests: vec![],
        created: None,
        last_tagged: None,
        author: String::new(),
        comment: String::new(),
        architecture: "amd64".to_owned(),
        variant: String::new(),
        os: "linux".to_owned(),
        config: Some(ContainerConfig {
            cmd: Some(vec!["sh".to_owned()]),
            ..Default::default()
        }),
        layers: layers.iter().map(layer).collect(),
        history: vec![],
    }
}

fn inspect(minor: u16) -> Value {
    let config = config();
    let layers = [PathBuf::from("/l/1"), PathBuf::from("/l/2")];
    serde_json::to_value(image_inspect(&at(minor, &config), &image(&[1, 2]), &layers)).unwrap()
}

#[test]
fn image_fields_come_and_go_with_versions() {
    let old = inspect(41);
    assert_eq!(old["VirtualSize"], 20);
    assert_eq!(old["Container"], "");
    assert_eq!(old["ContainerConfig"]["Cmd"], Value::Null);
    assert_eq!(old["Created"], "0001-01-01T00:00:00Z");
    assert_eq!(old["Config"]["Hostname"], "");
    assert_eq!(
        old["GraphDriver"]["Data"],
        json!({"UpperDir": "/l/2", "LowerDir": "/l/1"})
    );
    let new = inspect(51);
    for gone in ["VirtualSize", "Container", "ContainerConfig", "Created"] {
        assert_eq!(new.get(gone), None, "{gone}");
    }
    assert_eq!(new["Config"], json!({"Cmd": ["sh"]}));
}

#[test]
fn nameless_images_had_placeholders() {
    let config = config();
    let view = ImageView {
        record: Arc::new(image(&[1])),
        containers: 3,
    };
    let old = image_summary(&at(42, &config), &view, None);
    assert_eq!(old.repo_tags.unwrap(), ["<none>:<none>"]);
    assert_eq!(old.repo_digests.unwrap(), ["<none>@<none>"]);
    assert_eq!((old.containers, old.shared_size), (-1, -1));
    let new = image_summary(&at(43, &config), &view, None);
    assert_eq!(
        (new.repo_tags, new.repo_digests),
        (Some(vec![]), Some(vec![]))
    );
}

#[test]
fn shared_layers_are_counted() {
    let config = config();
    let view = |layers: &[u8]| ImageView {
        record: Arc::new(image(layers)),
        containers: 1,
    };
    let images = [view(&[1, 2]), view(&[1, 3])];
    let shared = Shared::among(&images);
    let summary = image_summary(&at(51, &config), &images[0], Some(&shared));
    assert_eq!(
        (summary.size, summary.shared_size, summary.containers),
        (20, 10, 1)
    );
}

#[test]
fn volumes_without_a_name_carry_dockers_label() {
    let config = config();
    let record = palan_model::volume::VolumeRecord {
        name: "aa".parse().unwrap(),
        created: "2026-11-25T07:12:48.9Z".parse().unwrap(),
        labels: Default::default(),
        options: Default::default(),
        mountpoint: PathBuf::from("/v/aa/_data"),
        anonymous: true,
    };
    let old = volume(&at(41, &config), &record);
    assert_eq!(
        (old.labels, old.created_at.as_str()),
        (None, "2026-11-25T07:12:48Z")
    );
    let new = volume(&at(42, &config), &record);
    assert!(
        new.labels
            .unwrap()
            .contains_key("com.docker.volume.anonymous")
    );
}
