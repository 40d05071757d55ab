//! GET requests: connection pools, redirects, timeouts. Knows no registry.
//!
//! The `Authorization` header stays with the host it was made for; a redirect may not lead from an
//! encrypted connection to a plain one.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::config::RegistryConfig;
use crate::dial::{Connector, DialError, Trust};
use crate::endpoint::is_insecure;
use crate::error::{RegistryError, Unreachable};

const AGENT: &str = concat!("palan/", env!("CARGO_PKG_VERSION"), " (linux)");
/// Redirects followed for one request, as browsers and Go do.
const MAX_REDIRECTS: usize = 10;
/// Idle connections kept to one host, and for how long.
const IDLE_CONNECTIONS: usize = 4;
const IDLE_TIME: Duration = Duration::from_secs(30);

type Pool = Client<Connector, Empty<Bytes>>;

pub(crate) struct Transport {
    trusted: Pool,
    unverified: Pool,
    insecure: Vec<String>,
    response: Duration,
}

/// An answer whose body is still to be read.
pub(crate) struct Answer {
    /// Where it came from in the end.
    pub(crate) url: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    patience: Duration,
}

impl Transport {
    pub(crate) fn new(config: &RegistryConfig) -> Self {
        let pool = |trust| {
            let timeout = config.timing.connect;
            Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_TIME)
                .pool_max_idle_per_host(IDLE_CONNECTIONS)
                .build(Connector { trust, timeout })
        };
        Self {
            trusted: pool(Trust::Host),
            unverified: pool(Trust::Anyone),
            insecure: config.insecure_registries.clone(),
            response: config.timing.response,
        }
    }

    /// Whether a host may be insecure.
    pub(crate) fn may_be_insecure(&self, url: &Uri) -> bool {
        url.authority()
            .is_some_and(|authority| is_insecure(authority.as_str(), &self.insecure))
    }

    /// Sends a GET request and follows redirects.
    pub(crate) async fn get(&self, url: &str, headers: HeaderMap) -> Result<Answer, RegistryError> {
        let mut url = parse(url, url)?;
        let mut headers = headers;
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.send(&url, &headers).await?;
            let Some(next) = target(&url, &answer)? else {
                return Ok(Answer {
                    url: url.to_string(),
                    status: answer.status(),
                    headers: answer.headers().clone(),
                    body: answer.into_body(),
                    patience: self.response,
                });
            };
            let host = |url: &Uri| (url.scheme().cloned(), url.authority().cloned());
            if host(&url) != host(&next) {
                headers.remove(AUTHORIZATION);
            }
            url = next;
        }
        Err(RegistryError::Redirect {
            url: url.to_string(),
            reason: "too often",
        })
    }

    async fn send(
        &self,
        url: &Uri,
        headers: &HeaderMap,
    ) -> Result<Response<Incoming>, RegistryError> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = url.clone();
        *request.headers_mut() = headers.clone();
        let pool = if self.may_be_insecure(url) {
            &self.unverified
        } else {
            &self.trusted
        };
        let unreachable = |reason| RegistryError::Unreachable {
            url: url.to_string(),
            reason,
        };
        match timeout(self.response, pool.request(request)).await {
            Ok(answer) => answer.map_err(|error| unreachable(explain(&error))),
            Err(_) => Err(unreachable(Unreachable::Headers)),
        }
    }
}

impl Answer {
    /// The next piece of the body; none at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, RegistryError> {
        loop {
            let reason = match timeout(self.patience, self.body.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => return Ok(Some(data)),
                    Err(_trailers) => continue,
                },
                Ok(Some(Err(error))) => explain(&error),
                Err(_) => Unreachable::Body,
            };
            return Err(RegistryError::Unreachable {
                url: self.url.clone(),
                reason,
            });
        }
    }

    /// The whole body; none when it is longer than `limit` bytes.
    pub(crate) async fn read(&mut self, limit: usize) -> Result<Option<Bytes>, RegistryError> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if bytes.len() + chunk.len() > limit {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes.freeze()))
    }

    /// A header's text; empty when absent or not text.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

fn explain(error: &(dyn std::error::Error + 'static)) -> Unreachable {
    let mut innermost = error;
    loop {
        if let Some(dial) = innermost.downcast_ref::<DialError>() {
            return Unreachable::Dial(dial.clone());
        }
        match innermost.source() {
            Some(source) => innermost = source,
            None => return Unreachable::Connection(innermost.to_string()),
        }
    }
}

fn parse(text: &str, from: &str) -> Result<Uri, RegistryError> {
    let malformed = |_| RegistryError::Redirect {
        url: from.to_owned(),
        reason: "to a malformed address",
    };
    let text = text.split('#').next().unwrap_or(text);
    text.parse().map_err(malformed)
}

/// Where a redirect leads (RFC 9110, section 15.4); none when the answer is none.
fn target(url: &Uri, answer: &Response<Incoming>) -> Result<Option<Uri>, RegistryError> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = answer.headers().get(LOCATION);
    let Some(location) = location.and_then(|location| location.to_str().ok()) else {
        return Ok(None);
    };
    let next = parse(&join(url, location), &url.to_string())?;
    let refused = |reason| {
        let url = url.to_string();
        Err(RegistryError::Redirect { url, reason })
    };
    match next.scheme_str() {
        Some("https") => Ok(Some(next)),
        Some("http") if url.scheme_str() == Some("http") => Ok(Some(next)),
        Some("http") => refused("from https to http"),
        _ => refused("to an unsupported scheme"),
    }
}

/// Resolves a reference against the URL it was found at (RFC 3986, section 5, without dot segments).
fn join(url: &Uri, location: &str) -> String {
    if location.contains("://") {
        return location.to_owned();
    }
    let scheme = url.scheme_str().unwrap_or("https");
    if location.starts_with("//") {
        return format!("{scheme}:{location}");
    }
    let authority = url.authority().map_or("", |authority| authority.as_str());
    let folder = match url.path().rsplit_once('/') {
        Some((folder, _)) if !location.starts_with('/') => format!("{folder}/"),
        _ => String::new(),
    };
    format!("{scheme}://{authority}{folder}{location}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_relative_to_where_they_were_found() {
        let url: Uri = "https://r.example:5/v2/a/blobs/x?y=1".parse().unwrap();
        for (location, wanted) in [
            ("http://s.example/z", "http://s.example/z"),
            ("//s.example/z", "https://s.example/z"),
            ("/z?q=://", "/z?q=://"),
            ("/z", "https://r.example:5/z"),
            ("z", "https://r.example:5/v2/a/blobs/z"),
        ] {
            assert_eq!(join(&url, location), wanted);
        }
    }
}
