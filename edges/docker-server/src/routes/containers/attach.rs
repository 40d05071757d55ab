//! `POST /containers/{id}/attach`.

use http::StatusCode;
use http::header::{CONNECTION, HeaderValue};
use palan_docker_api::stdio::RAW;
use palan_engine::containers::AttachOptions;
use palan_model::runner::AttachSpec;

use crate::detach_keys;
use crate::failure::{Failure, status};
use crate::hijack::{InputOptions, Session};
use crate::request::Call;
use crate::response::{Answer, full, set_content_type};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let query = &call.query;
    let options = AttachOptions {
        logs: query.flag("logs"),
        stream: query.flag("stream"),
        streams: AttachSpec {
            stdin: query.flag("stdin"),
            stdout: query.flag("stdout"),
            stderr: query.flag("stderr"),
        },
    };
    let keys = match query.text("detachKeys") {
        None => detach_keys::DEFAULT.to_vec(),
        Some(text) => detach_keys::parse(text).ok_or_else(|| {
            Failure::bad_request(format!("Invalid detach keys ({text}) provided"))
        })?,
    };
    match attach(call, options, keys).await {
        Ok(session) => session.answer(call.takeover(), call.version),
        Err(error) => Ok(refusal(&error)),
    }
}

async fn attach(
    call: &Call,
    options: AttachOptions,
    detach_keys: Vec<u8>,
) -> palan_engine::Result<Session> {
    let containers = &call.engine.containers;
    let mut input = InputOptions {
        detach_keys,
        ..InputOptions::default()
    };
    if options.streams.stdin && options.stream {
        let view = containers.inspect(&call.name, false).await?;
        input.attached = view.record.config.open_stdin;
        input.close = view.record.config.stdin_once;
    }
    Ok(Session::attached(
        containers.attach(&call.name, options).await?,
        input,
    ))
}

/// dockerd has the connection already when it finds the error: it writes text and closes.
fn refusal(error: &palan_engine::Error) -> Answer {
    let mut response = http::Response::new(full(format!("{error}\r\n")));
    *response.status_mut() = match status(error.kind()) {
        StatusCode::NOT_MODIFIED => StatusCode::CONFLICT,
        status => status,
    };
    set_content_type(&mut response, RAW);
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response.into()
}
