//! `POST /volumes/prune`.

use http::StatusCode;
use palan_docker_api::ApiVersion;
use palan_docker_api::volume::VolumePruneResponse;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::views::null_if_empty;

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let mut filters = call.query.filters()?;
    if call.version < ApiVersion::v1(42) {
        // Named volumes were removed too.
        filters
            .entry("all".to_owned())
            .or_insert_with(|| vec!["true".to_owned()]);
    }
    let pruned = call.engine.volumes.prune(&filters).await?;
    let response = VolumePruneResponse {
        volumes_deleted: null_if_empty(&pruned.names),
        space_reclaimed: pruned.bytes,
    };
    Ok(json(StatusCode::OK, &response).into())
}
