//! `POST /exec/{id}/start`.

use http::StatusCode;
use palan_docker_api::exec::ExecStartRequest;
use palan_engine::execs::StartExec;
use palan_model::{ErrorKind, ExecSpec};

use crate::detach_keys;
use crate::failure::Failure;
use crate::hijack::{InputOptions, Session};
use crate::request::Call;
use crate::response::{Answer, empty};

pub(in crate::routes) async fn call(call: Call) -> Result<Answer, Failure> {
    let takeover = call.takeover();
    let request: ExecStartRequest = Call::json(&call.headers, call.body).await?;
    let execs = &call.engine.execs;
    let spec = execs.inspect(&call.name)?.spec;
    let options = StartExec {
        detach: request.detach,
        console_size: request.console_size.filter(|size| *size != [0, 0]),
    };
    let session = match execs.start(&call.name, options).await {
        Ok(None) => return Ok(empty(StatusCode::OK).into()),
        Ok(Some(attachment)) => Session::new(attachment, input(&spec)),
        Err(error) if request.detach || is_about_state(error.kind()) => return Err(error.into()),
        // Clients expect the reasons of a failed start where the output would be.
        Err(error) => Session::message(format!("{error}\r\n"), spec.tty),
    };
    session.answer(takeover, call.version)
}

fn input(spec: &ExecSpec) -> InputOptions {
    let keys = spec.detach_keys.as_deref().and_then(detach_keys::parse);
    InputOptions {
        attached: spec.attach_stdin,
        close: true,
        detach_keys: keys.unwrap_or(detach_keys::DEFAULT.to_vec()),
    }
}

/// Nothing was tried, because of the state of the instance or its container.
fn is_about_state(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::Conflict)
}
