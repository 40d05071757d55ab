//! From a request to its route: the version in the path, the endpoint, and the headers that every
//! answer carries.

use http::header::{HeaderName, HeaderValue, SERVER};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use palan_docker_api::{ApiVersion, Endpoint};
use palan_engine::Engine;

use crate::connection::Tasks;
use crate::failure::Failure;
use crate::query::Query;
use crate::request::{Call, strip_version};
use crate::response::{Answer, Body, full, set_content_type};
use crate::{DOCKER_VERSION, routes};

/// Answers one request.
pub(crate) async fn answer(engine: Engine, tasks: Tasks, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let (version, path) = strip_version(head.uri.path());
    let Some((endpoint, name)) = Endpoint::find(&head.method, path) else {
        return Failure::page_not_found().into_response().into();
    };
    let mut answer = match check_version(version) {
        Err(refusal) => Answer::Response(refusal.into_response()),
        Ok(version) => {
            let query = Query::parse(head.uri.query().unwrap_or_default());
            let call = Call {
                engine,
                tasks,
                version,
                name,
                query,
                headers: head.headers,
                body,
            };
            match carry_out(endpoint, call).await {
                Ok(answer) => answer,
                Err(failure) => {
                    log(&head.method, head.uri.path(), &failure);
                    failure.into_response().into()
                }
            }
        }
    };
    let response = match &mut answer {
        Answer::Response(response) | Answer::Hijack(response, _) => response,
    };
    add_headers(response);
    answer
}

/// Calls the route in a task that goes on when the client goes away.
async fn carry_out(endpoint: Endpoint, call: Call) -> Result<Answer, Failure> {
    let tasks = call.tasks.clone();
    let done = tasks.run(async move { routes::call(endpoint, call).await });
    done.await.unwrap_or_else(|| Err(Failure::interrupted()))
}

fn log(method: &Method, path: &str, failure: &Failure) {
    if failure.status.is_server_error() {
        tracing::error!("{method} {path} failed: {}", failure.message);
    } else {
        tracing::debug!("{method} {path} refused: {}", failure.message);
    }
}

/// A version that is not served.
enum VersionRefusal<'a> {
    TooNew(ApiVersion),
    TooOld(&'a str),
}

impl VersionRefusal<'_> {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::TooNew(version) => Failure::bad_request(format!(
                "client version {version} is too new. Maximum supported API version is {}",
                ApiVersion::CURRENT
            ))
            .into_response(),
            Self::TooOld(version) => too_old(version),
        }
    }
}

fn check_version(text: Option<&str>) -> Result<ApiVersion, VersionRefusal<'_>> {
    let Some(text) = text else {
        return Ok(ApiVersion::CURRENT);
    };
    match text.parse() {
        Ok(version) if version > ApiVersion::CURRENT => Err(VersionRefusal::TooNew(version)),
        Ok(version) if version >= ApiVersion::MINIMUM => Ok(version),
        _ => Err(VersionRefusal::TooOld(text)),
    }
}

/// Clients that old do not know errors in JSON.
fn too_old(version: &str) -> Response<Body> {
    let mut response = Response::new(full(format!(
        "client version {version} is too old. Minimum supported API version is {}, please upgrade \
         your client to a newer version\n",
        ApiVersion::MINIMUM
    )));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    set_content_type(&mut response, "text/plain; charset=utf-8");
    response.headers_mut().insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn add_headers(response: &mut Response<Body>) {
    let text = |text: String| HeaderValue::try_from(text).expect("versions are plain text");
    let headers = response.headers_mut();
    headers.insert("api-version", text(ApiVersion::CURRENT.to_string()));
    headers.insert("docker-experimental", HeaderValue::from_static("false"));
    headers.insert("ostype", HeaderValue::from_static("linux"));
    headers.insert(SERVER, text(format!("Docker/{DOCKER_VERSION} (linux)")));
}
