//! `GET /containers/{id}/top`.

use http::StatusCode;
use palan_docker_api::container::ContainerTopResponse;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let arguments = call.query.text("ps_args").unwrap_or_default();
    let top = call.engine.containers.top(&call.name, arguments).await?;
    let response = ContainerTopResponse {
        processes: top.processes,
        titles: top.titles,
    };
    Ok(json(StatusCode::OK, &response).into())
}
