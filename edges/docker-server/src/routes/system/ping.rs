//! `GET /_ping` and `HEAD /_ping`.

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue, PRAGMA};
use palan_docker_api::Endpoint;

use crate::response::{Answer, empty, full, set_content_type};

pub(in crate::routes) fn call(endpoint: Endpoint) -> Answer {
    let mut response = empty(StatusCode::OK);
    if endpoint == Endpoint::Ping {
        *response.body_mut() = full("OK");
    }
    set_content_type(&mut response, "text/plain; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store, must-revalidate"),
    );
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(
        HeaderName::from_static("swarm"),
        HeaderValue::from_static("inactive"),
    );
    response.into()
}
