//! `POST /containers/{id}/rename`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};
use crate::specs;

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let name = call
        .query
        .text("name")
        .ok_or_else(|| Failure::bad_request("Neither old nor new names may be empty"))?;
    call.engine
        .containers
        .rename(&call.name, specs::container_name(name)?)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT).into())
}
