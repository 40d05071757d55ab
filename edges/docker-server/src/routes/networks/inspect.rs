//! `GET /networks/{id}`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, network};

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let view = call.engine.networks.inspect(&call.name)?;
    let viewer = Viewer::new(call.version, &call.engine);
    Ok(json(StatusCode::OK, &network(&viewer, &view)).into())
}
