//! `DELETE /volumes/{name}`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    call.engine
        .volumes
        .remove(&call.name, call.query.flag("force"))
        .await?;
    Ok(empty(StatusCode::NO_CONTENT).into())
}
