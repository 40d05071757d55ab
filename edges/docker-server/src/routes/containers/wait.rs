//! `POST /containers/{id}/wait`.
//!
//! The head of the answer is sent as soon as the wait is registered: clients start the container
//! only after that.

use bytes::Bytes;
use futures_util::stream;
use palan_docker_api::ApiVersion;
use palan_docker_api::container::{ContainerWaitResponse, WaitExitError};
use palan_engine::containers::{WaitCondition, WaitOutcome};

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{self, Answer, json_line};

pub(in crate::routes) async fn call(call: Call) -> Result<Answer, Failure> {
    let condition = condition(&call)?;
    let wait = call.engine.containers.wait(&call.name, condition)?;
    let version = call.version;
    let line = async move {
        let outcome = wait_response(wait.outcome().await, version);
        Ok(Bytes::from(json_line(&outcome)))
    };
    Ok(response::stream("application/json", stream::once(line)).into())
}

/// The condition can be chosen since 1.30.
fn condition(call: &Call) -> Result<WaitCondition, Failure> {
    match call.query.get("condition").unwrap_or_default() {
        _ if call.version < ApiVersion::v1(30) => Ok(WaitCondition::NotRunning),
        "" | "not-running" => Ok(WaitCondition::NotRunning),
        "next-exit" => Ok(WaitCondition::NextExit),
        "removed" => Ok(WaitCondition::Removed),
        other => Err(Failure::bad_request(format!(
            "invalid condition: {other:?}"
        ))),
    }
}

/// Before 1.42 an absent error was written as `null`.
fn wait_response(outcome: WaitOutcome, version: ApiVersion) -> ContainerWaitResponse {
    let error = outcome.error.map(|message| WaitExitError { message });
    ContainerWaitResponse {
        error: if error.is_some() || version < ApiVersion::v1(42) {
            Some(error)
        } else {
            None
        },
        status_code: outcome.code,
    }
}
