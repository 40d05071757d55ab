//! `POST /containers/{id}/kill`.

use http::StatusCode;
use palan_model::Signal;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};
use crate::specs;

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let signal = call
        .query
        .text("signal")
        .map_or(Ok(Signal::KILL), specs::signal)?;
    call.engine.containers.kill(&call.name, signal).await?;
    Ok(empty(StatusCode::NO_CONTENT).into())
}
