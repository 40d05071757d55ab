//! Answers and their bodies.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use serde::Serialize;

use crate::hijack::Session;

/// The body of any answer. An error cuts the connection.
pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What a route gives back.
pub(crate) enum Answer {
    /// A plain answer.
    Response(Response<Body>),
    /// An answer after which the connection belongs to the session.
    Hijack(Response<Body>, Session),
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        Self::Response(response)
    }
}

/// A body that is in hand.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// An answer of a JSON document, with the line feed that Go's encoder writes.
pub(crate) fn json(status: StatusCode, document: &impl Serialize) -> Response<Body> {
    let mut response = Response::new(full(json_line(document)));
    *response.status_mut() = status;
    set_content_type(&mut response, "application/json");
    response
}

/// A JSON document and a line feed.
pub(crate) fn json_line(document: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(document).expect("wire types are written as JSON");
    bytes.push(b'\n');
    bytes
}

/// A successful answer of an unknown length, sent as it comes.
pub(crate) fn stream(
    content_type: &'static str,
    bytes: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
) -> Response<Body> {
    let body = StreamBody::new(bytes.map(|bytes| bytes.map(Frame::data)));
    let mut response = Response::new(BodyExt::boxed_unsync(body));
    set_content_type(&mut response, content_type);
    response
}

/// Sets the type of the body.
pub(crate) fn set_content_type(response: &mut Response<Body>, content_type: &'static str) {
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
}
