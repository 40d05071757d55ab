//! `GET /exec/{id}/json`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::exec_inspect;

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let record = call.engine.execs.inspect(&call.name)?;
    Ok(json(StatusCode::OK, &exec_inspect(&record)).into())
}
