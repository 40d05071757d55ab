//! `POST /containers/{id}/restart`.

use http::StatusCode;

use super::stop;
use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    call.engine
        .containers
        .restart(&call.name, stop::options(call)?)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT).into())
}
