//! `POST /exec/{id}/resize`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};
use crate::routes::containers::resize::size;

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    call.engine
        .execs
        .resize(&call.name, size(&call.query)?)
        .await?;
    Ok(empty(StatusCode::OK).into())
}
