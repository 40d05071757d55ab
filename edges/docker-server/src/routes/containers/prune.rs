//! `POST /containers/prune`.

use http::StatusCode;
use palan_docker_api::container::ContainerPruneResponse;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::null_if_empty;

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let pruned = call.engine.containers.prune(&call.query.filters()?).await?;
    let response = ContainerPruneResponse {
        containers_deleted: null_if_empty(&pruned.names),
        space_reclaimed: pruned.bytes,
    };
    Ok(json(StatusCode::OK, &response).into())
}
