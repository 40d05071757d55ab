//! `GET /images/{name}/history`.

use http::StatusCode;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::history_item;

pub(in crate::routes) fn call(call: &Call) -> Result<Answer, Failure> {
    let lines = call.engine.images.history(&call.name)?;
    let items: Vec<_> = lines.into_iter().map(history_item).collect();
    Ok(json(StatusCode::OK, &items).into())
}
