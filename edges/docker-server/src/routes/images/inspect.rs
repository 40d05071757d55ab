//! `GET /images/{name}/json`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, image_inspect};

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let record = call.engine.images.inspect(&call.name)?;
    let layers: Vec<_> = record
        .layers
        .iter()
        .map(|layer| layer.chain_id.clone())
        .collect();
    let directories = call.engine.images.layer_paths(&layers);
    let viewer = Viewer::new(call.version, &call.engine);
    Ok(json(
        StatusCode::OK,
        &image_inspect(&viewer, &record, &directories),
    )
    .into())
}
