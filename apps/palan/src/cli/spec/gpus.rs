//! `--gpus all`, `--gpus 2`, `--gpus '"device=0,1",capabilities=compute'`.

use std::collections::BTreeMap;

use palan_docker_api::container::DeviceRequest;

use super::csv_fields;
use crate::cli::args::FlagValue;

/// Requests for GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gpus(pub Vec<DeviceRequest>);

impl FlagValue for Gpus {
    const WORD: &'static str = "gpu-request";

    fn set(&mut self, text: &str) -> Result<(), String> {
        self.0.push(parse(text)?);
        Ok(())
    }
}

fn parse(text: &str) -> Result<DeviceRequest, String> {
    let mut request = DeviceRequest {
        options: Some(BTreeMap::new()),
        ..DeviceRequest::default()
    };
    let mut seen: Vec<String> = Vec::new();
    for field in csv_fields(text)? {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key, value),
            None => ("count", field.as_str()),
        };
        if seen.iter().any(|one| one == key) {
            return Err(format!(
                "gpu request key '{key}' can be specified only once"
            ));
        }
        seen.push(key.to_owned());
        let list = || value.split(',').map(str::to_owned);
        match key {
            "driver" => value.clone_into(&mut request.driver),
            "count" => request.count = parse_count(value)?,
            "device" => request.device_ids = Some(list().collect()),
            "capabilities" => {
                request.capabilities = Some(vec![list().chain(["gpu".to_owned()]).collect()]);
            }
            "options" => {
                let pairs = csv_fields(value)?;
                let pairs = pairs
                    .iter()
                    .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
                request.options = Some(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect());
            }
            _ => return Err(format!("unexpected key '{key}' in '{field}'")),
        }
    }
    if !seen.iter().any(|key| key == "count") && request.device_ids.is_none() {
        request.count = 1;
    }
    request
        .capabilities
        .get_or_insert_with(|| vec![vec!["gpu".to_owned()]]);
    Ok(request)
}

/// `all` is -1.
fn parse_count(text: &str) -> Result<i64, String> {
    if text == "all" {
        return Ok(-1);
    }
    text.parse().map_err(|_| {
        format!(
            "invalid count ({text}): value must be either \"all\" or an integer: invalid syntax"
        )
    })
}
