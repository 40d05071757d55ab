//! `GET /volumes`.

use http::StatusCode;
use palan_docker_api::volume::VolumeListResponse;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, volume};

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let records = call.engine.volumes.list(&call.query.filters()?)?;
    let viewer = Viewer::new(call.version, &call.engine);
    let response = VolumeListResponse {
        volumes: Some(
            records
                .iter()
                .map(|record| volume(&viewer, record))
                .collect(),
        ),
        warnings: None,
    };
    Ok(json(StatusCode::OK, &response).into())
}
