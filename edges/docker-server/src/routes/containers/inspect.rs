//! `GET /containers/{id}/json`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{Viewer, container_inspect};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let view = call
        .engine
        .containers
        .inspect(&call.name, call.query.flag("size"))
        .await?;
    let viewer = Viewer::new(call.version, &call.engine);
    Ok(json(StatusCode::OK, &container_inspect(&viewer, &view)).into())
}
