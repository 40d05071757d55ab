//! `POST /images/prune`.

use http::StatusCode;
use palan_docker_api::image::ImagePruneResponse;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::{null_if_empty, removal};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let pruned = call.engine.images.prune(&call.query.filters()?).await?;
    let items: Vec<_> = pruned.removals.into_iter().map(removal).collect();
    let response = ImagePruneResponse {
        images_deleted: null_if_empty(&items),
        space_reclaimed: pruned.bytes,
    };
    Ok(json(StatusCode::OK, &response).into())
}
