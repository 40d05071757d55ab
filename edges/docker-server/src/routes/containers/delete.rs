//! `DELETE /containers/{id}`.

use http::StatusCode;
use palan_engine::containers::RemoveOptions;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    if call.query.flag("link") {
        return Err(Failure::not_available("links are"));
    }
    let options = RemoveOptions {
        force: call.query.flag("force"),
        volumes: call.query.flag("v"),
    };
    call.engine.containers.remove(&call.name, options).await?;
    Ok(empty(StatusCode::NO_CONTENT).into())
}
