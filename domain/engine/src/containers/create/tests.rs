//! Records of new containers.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use palan_model::network::EndpointSpec;
use palan_model::{
    ContainerConfig, ContainerId, ContainerRecord, ContainerSpec, Digest, ImageId, ImageRecord,
    Timestamp,
};

use super::plan::{plan_record, warnings};

fn image(os: &str, architecture: &str) -> Arc<ImageRecord> {
    Arc::new(ImageRecord {
        id: ImageId(Digest::from_sha256(&[1; 32])),
        manifest: None,
        tags: vec![],
        digests: vec![],
        created: None,
        last_tagged: None,
        author: String::new(),
        comment: String::new(),
        architecture: architecture.to_owned(),
        variant: String::new(),
        os: os.to_owned(),
        config: Some(ContainerConfig {
            entrypoint: Some(vec!["init".to_owned(), "-v".to_owned()]),
            cmd: Some(vec!["serve".to_owned()]),
            ..ContainerConfig::default()
        }),
        layers: vec![],
        history: vec![],
    })
}

fn plan(change: impl FnOnce(&mut ContainerSpec)) -> Result<ContainerRecord, String> {
    let mut spec = ContainerSpec::default();
    change(&mut spec);
    let id = "ab".repeat(32).parse::<ContainerId>().unwrap();
    let planned = plan_record(spec, &image("linux", ""), id, Timestamp::UNIX_EPOCH);
    planned
        .map(|(record, _)| record)
        .map_err(|error| error.to_string())
}

#[test]
fn what_was_left_open_is_filled() {
    let record = plan(|spec| spec.host.resources.memory = 64 << 20).unwrap();
    assert_eq!(
        (&*record.path, &*record.args),
        ("init", &["-v".to_owned(), "serve".to_owned()][..])
    );
    assert_eq!(record.config.hostname, "abababababab");
    assert_eq!(record.host.network_mode, "default");
    assert_eq!(record.host.log.driver, "json-file");
    assert_eq!(record.host.ipc_mode, "private");
    assert_eq!(record.host.shm_size, 64 << 20);
    assert_eq!(record.host.resources.memory_swap, 128 << 20);
    assert_eq!(record.host.masked_paths.as_ref().unwrap().len(), 13);
    assert_eq!(record.host.readonly_paths.as_ref().unwrap().len(), 5);
    let record = plan(|spec| spec.host.privileged = true).unwrap();
    assert_eq!(record.host.masked_paths, Some(vec![]));
    let record = plan(|spec| spec.host.masked_paths = Some(vec![])).unwrap();
    assert_eq!(record.host.masked_paths, Some(vec![]));
}

#[test]
fn no_limit_has_one_form() {
    for unlimited in [-1, 0] {
        let record = plan(|spec| {
            spec.host.resources.pids_limit = Some(unlimited);
            spec.host.resources.memory_swappiness = Some(-1);
        });
        let limits = record.unwrap().host.resources;
        assert_eq!((limits.pids_limit, limits.memory_swappiness), (None, None));
    }
}

#[test]
fn there_must_be_something_to_run() {
    let nothing = plan(|spec| spec.config.entrypoint = Some(vec![String::new()]));
    assert_eq!(nothing.unwrap_err(), "No command specified");
    let spec = ContainerSpec::default();
    let id = ContainerId::random();
    let other = plan_record(spec, &image("windows", ""), id, Timestamp::UNIX_EPOCH);
    assert_eq!(
        other.unwrap_err().to_string(),
        "image operating system \"windows\" cannot be used on this platform"
    );
}

#[test]
fn networks_follow_the_mode() {
    let networks = |mode: &str, asked: &[&str]| {
        let record = plan(|spec| {
            mode.clone_into(&mut spec.host.network_mode);
            for name in asked {
                let spec_of = EndpointSpec::default();
                spec.networks.insert((*name).to_owned(), spec_of);
            }
        });
        let networks = record.unwrap().networks;
        networks.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(networks("", &[]), ["bridge"]);
    assert_eq!(networks("default", &["default"]), ["bridge"]);
    assert_eq!(networks("own", &["own", "second"]), ["own", "second"]);
    assert_eq!(networks("host", &["second"]), ["host"]);
    assert_eq!(networks("none", &[]), ["none"]);
    assert!(networks("container:other", &[]).is_empty());
}

#[test]
fn clients_are_warned_of_what_will_not_work() {
    let mut host = palan_model::HostConfig::default();
    let native = palan_model::platform::Platform::host().architecture;
    assert!(warnings(&host, &image("linux", &native)).is_empty());
    host.network_mode = "host".to_owned();
    host.port_bindings.insert("80/tcp".parse().unwrap(), vec![]);
    assert_eq!(
        warnings(&host, &image("linux", "")),
        ["Published ports are discarded when using host network mode"]
    );
    let foreign = warnings(&palan_model::HostConfig::default(), &image("linux", "vax"));
    assert!(foreign[0].starts_with("The requested image's platform (linux/vax)"));
}
