//! `POST /containers/{id}/start`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    call.engine.containers.start(&call.name).await?;
    Ok(empty(StatusCode::NO_CONTENT).into())
}
