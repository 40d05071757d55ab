//! `GET /volumes/{name}`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, volume};

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let record = call.engine.volumes.inspect(&call.name)?;
    let viewer = Viewer::new(call.version, &call.engine);
    Ok(json(StatusCode::OK, &volume(&viewer, &record)).into())
}
