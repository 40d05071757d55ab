//! `POST /containers/{id}/stop`.

use http::StatusCode;
use palan_docker_api::ApiVersion;
use palan_engine::containers::StopOptions;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};
use crate::specs;

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    call.engine
        .containers
        .stop(&call.name, options(call)?)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT).into())
}

/// How to stop. The signal can be chosen since 1.42.
pub(super) fn options(call: &Call) -> Result<StopOptions, Failure> {
    let signal = match call.query.text("signal") {
        Some(signal) if call.version >= ApiVersion::v1(42) => Some(specs::signal(signal)?),
        _ => None,
    };
    Ok(StopOptions {
        timeout: call.query.number("t")?,
        signal,
    })
}
