//! `POST /exec/{id}/start`.

use http::StatusCode;
use palan_docker_api::exec::ExecStartRequest;
use palan_engine::execs::StartExec;
use palan_model::ExecSpec;

use crate::detach_keys;
use crate::failure::Failure;
use crate::hijack::{InputOptions, Session};
use crate::request::Call;
use crate::response::{Answer, empty};

pub(in crate::routes) async fn call(call: Call) -> Result<Answer, Failure> {
    let takeover = call.takeover();
    let request: ExecStartRequest = Call::json(&call.headers, call.body).await?;
    let execs = call.engine.execs.clone();
    let spec = execs.startable(&call.name)?.spec;
    let options = StartExec {
        detach: request.detach,
        console_size: request.console_size.filter(|size| *size != [0, 0]),
    };
    if request.detach {
        execs.start(&call.name, options).await?;
        return Ok(empty(StatusCode::OK).into());
    }
    let id = call.name;
    let opening = async move {
        let started = execs.start(&id, options).await;
        started.map_err(|error| format!("{error}\r\n"))
    };
    let session = Session::opening(spec.tty, input(&spec), opening);
    // As by Docker, the client's word at the start decides on frames, not the terminal.
    let session = if request.tty {
        session
    } else {
        session.in_frames()
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
