//! `DELETE /images/{name}`.

use http::StatusCode;
use palan_engine::images::RemoveImage;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::removal;

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let options = RemoveImage {
        force: call.query.flag("force"),
    };
    let removals = call.engine.images.remove(&call.name, options).await?;
    let items: Vec<_> = removals.into_iter().map(removal).collect();
    Ok(json(StatusCode::OK, &items).into())
}
