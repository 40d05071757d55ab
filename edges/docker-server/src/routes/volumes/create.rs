//! `POST /volumes/create`.

use http::StatusCode;
use palan_docker_api::volume::VolumeCreateRequest;
use palan_engine::volumes::VolumeSpec;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, volume};

pub(in crate::routes) async fn call(call: Call) -> Result<Answer, Failure> {
    let request: VolumeCreateRequest = Call::json(&call.headers, call.body).await?;
    let spec = VolumeSpec {
        name: Some(request.name).filter(|name| !name.is_empty()),
        driver: request.driver,
        options: request.driver_opts,
        labels: request.labels.unwrap_or_default(),
    };
    let record = call.engine.volumes.create(spec).await?;
    let viewer = Viewer::new(call.version, &call.engine);
    Ok(json(StatusCode::CREATED, &volume(&viewer, &record)).into())
}
