//! `POST /containers/{id}/resize`.

use http::StatusCode;

use crate::failure::Failure;
use crate::query::Query;
use crate::request::Call;
use crate::response::{Answer, empty};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    call.engine
        .containers
        .resize(&call.name, size(&call.query)?)
        .await?;
    Ok(empty(StatusCode::OK).into())
}

/// Rows and columns.
pub(in crate::routes) fn size(query: &Query) -> Result<[u16; 2], Failure> {
    let read = |name| Ok::<_, Failure>(query.number::<u16>(name)?.unwrap_or_default());
    Ok([read("h")?, read("w")?])
}
