//! Answers captured from dockerd 20.10.24 (API 1.41) pass through the types unchanged: no field is
//! lost, none is added, and every `null`, zero and empty list stays.

use std::path::Path;

use palan_docker_api::container::{
    ContainerCreateResponse, ContainerInspect, ContainerSummary, ContainerTopResponse,
};
use palan_docker_api::exec::ExecInspect;
use palan_docker_api::go_json;
use palan_docker_api::image::{ImageHistoryItem, ImageInspect, ImageSummary};
use palan_docker_api::network::Network;
use palan_docker_api::progress::ProgressMessage;
use palan_docker_api::system::{EventMessage, SystemInfo, SystemVersion};
use palan_docker_api::volume::VolumeListResponse;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn read(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    std::fs::read(folder.join(name)).expect("the capture is there")
}

/// Every place where the two documents differ.
fn differences(place: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let place = format!("{place}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differences(&place, a, b, found),
                    (Some(_), None) => found.push(format!("{place} is lost")),
                    (None, _) => found.push(format!("{place} is added")),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{place}[{index}]"), a, b, found);
            }
        }
        _ if before == after => {}
        _ => found.push(format!("{place} was {before} and is {after}")),
    }
}

fn assert_unchanged<T: Serialize + DeserializeOwned>(name: &str, bytes: &[u8]) {
    let before: Value = serde_json::from_slice(bytes).expect("captures are JSON");
    let decoded: T = go_json::from_slice(bytes).expect("the type accepts the answer");
    let mut found = Vec::new();
    differences(
        name,
        &before,
        &serde_json::to_value(&decoded).expect("plain data"),
        &mut found,
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn check<T: Serialize + DeserializeOwned>(name: &str) {
    assert_unchanged::<T>(name, &read(name));
}

fn check_lines<T: Serialize + DeserializeOwned>(name: &str) {
    for line in read(name)
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        assert_unchanged::<T>(name, line);
    }
}

#[test]
fn containers() {
    for state in ["created", "running_size", "exited", "with_exec", "oom"] {
        check::<ContainerInspect>(&format!("container_inspect_{state}.json"));
    }
    check::<Vec<ContainerSummary>>("container_list_all_size.json");
    check::<ContainerTopResponse>("container_top.json");
    check::<ContainerCreateResponse>("container_create.json");
}

#[test]
fn execs() {
    for state in ["before", "running", "after"] {
        check::<ExecInspect>(&format!("exec_inspect_{state}.json"));
    }
}

#[test]
fn images() {
    check::<Vec<ImageSummary>>("image_list_all_digests.json");
    check::<ImageInspect>("image_inspect.json");
    check::<ImageInspect>("image_inspect_pulled.json");
    check::<Vec<ImageHistoryItem>>("image_history.json");
    check_lines::<ProgressMessage>("image_pull.jsonl");
}

#[test]
fn networks_and_volumes() {
    check::<Vec<Network>>("networks.json");
    check::<VolumeListResponse>("volume_list.json");
}

#[test]
fn system() {
    check::<SystemVersion>("version.json");
    check::<SystemInfo>("info.json");
    check_lines::<EventMessage>("events.jsonl");
}
