//! `POST /containers/{id}/exec`.

use http::StatusCode;
use serde::Serialize;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, json};
use crate::specs;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    id: String,
}

pub(in crate::routes) async fn call(call: Call) -> Result<Answer, Failure> {
    let request = Call::json(&call.headers, call.body).await?;
    let id = call
        .engine
        .execs
        .create(&call.name, specs::exec_spec(request)?)?;
    Ok(json(StatusCode::CREATED, &Created { id: id.to_string() }).into())
}
