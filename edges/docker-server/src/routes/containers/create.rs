//! `POST /containers/create`.

use http::StatusCode;
use palan_docker_api::container::{ContainerCreateRequest, ContainerCreateResponse};

use crate::failure::Failure;
use crate::request::{Call, check_json};
use crate::response::{Answer, json};
use crate::specs;

pub(in crate::routes) async fn call(call: Call) -> Result<Answer, Failure> {
    let body = Call::bytes(call.body).await?;
    check_json(&call.headers)?;
    let request = ContainerCreateRequest::from_slice(&body)?;
    let spec = specs::container_spec(request, &call.query, call.version)?;
    let created = call.engine.containers.create(spec).await?;
    let response = ContainerCreateResponse {
        id: created.id.to_string(),
        warnings: created.warnings,
    };
    Ok(json(StatusCode::CREATED, &response).into())
}
