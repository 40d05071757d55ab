//! What a route gets: the engine, and the request taken apart.

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, UPGRADE};
use http_body_util::{BodyExt, BodyStream, LengthLimitError, Limited};
use hyper::body::Incoming;
use palan_contracts::ByteReader;
use palan_docker_api::{ApiVersion, go_json};
use palan_engine::Engine;
use serde::de::DeserializeOwned;
use tokio_util::io::StreamReader;

use crate::connection::{LEGACY_UPGRADE, Tasks};
use crate::failure::Failure;
use crate::query::Query;

/// Longest JSON body, in bytes.
const MAX_JSON: usize = 4 << 20;

/// A request for one operation.
pub(crate) struct Call {
    pub(crate) engine: Engine,
    /// Runs work that must be brought to its end.
    pub(crate) tasks: Tasks,
    /// What the client speaks.
    pub(crate) version: ApiVersion,
    /// The parameter of the path: the name of an object.
    pub(crate) name: String,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Incoming,
}

/// How the client asked for the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takeover {
    /// With `Upgrade: tcp`, for a `101`.
    Upgrade,
    /// Without a word, for a `200`.
    Legacy,
}

impl Call {
    /// The whole body.
    pub(crate) async fn bytes(body: Incoming) -> Result<Bytes, Failure> {
        match Limited::new(body, MAX_JSON).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(Failure::bad_request("request body too large"))
            }
            Err(error) => Err(Failure::bad_request(format!(
                "failed to read the body: {error}"
            ))),
        }
    }

    /// The body of a request that must be JSON; an empty one stands for no fields.
    pub(crate) async fn json<T: DeserializeOwned + Default>(
        headers: &HeaderMap,
        body: Incoming,
    ) -> Result<T, Failure> {
        let bytes = Self::bytes(body).await?;
        check_json(headers)?;
        if bytes.is_empty() {
            return Ok(T::default());
        }
        Ok(go_json::from_slice(&bytes)?)
    }

    /// How the client asked for the connection; none for clients of HTTP/1.0.
    pub(crate) fn takeover(&self) -> Option<Takeover> {
        let protocol = self.headers.get(UPGRADE)?;
        Some(if protocol == LEGACY_UPGRADE {
            Takeover::Legacy
        } else {
            Takeover::Upgrade
        })
    }
}

/// Refuses bodies that say they are something else than JSON.
pub(crate) fn check_json(headers: &HeaderMap) -> Result<(), Failure> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let value = String::from_utf8_lossy(value.as_bytes());
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.is_empty() || media_type.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Failure::bad_request(format!(
            "unsupported Content-Type header ({value}): must be 'application/json'"
        )))
    }
}

/// A body as a stream of bytes.
pub(crate) fn reader(body: Incoming) -> ByteReader {
    let frames = TryStreamExt::map_err(BodyStream::new(body), std::io::Error::other)
        .try_filter_map(|frame| async move { Ok(frame.into_data().ok()) });
    Box::new(StreamReader::new(Box::pin(frames)))
}

/// Splits `/v1.41/info` into `1.41` and `/info`; a path without a version stays whole.
pub(crate) fn strip_version(path: &str) -> (Option<&str>, &str) {
    let versioned = path.strip_prefix("/v").and_then(|rest| {
        let end = rest.find('/')?;
        let (version, path) = rest.split_at(end);
        let numeric = version
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        (numeric && !version.is_empty()).then_some((version, path))
    });
    match versioned {
        Some((version, path)) => (Some(version), path),
        None => (None, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_front_of_paths() {
        assert_eq!(strip_version("/v1.41/info"), (Some("1.41"), "/info"));
        assert_eq!(strip_version("/info"), (None, "/info"));
        assert_eq!(strip_version("/volumes/v1"), (None, "/volumes/v1"));
        assert_eq!(strip_version("/version"), (None, "/version"));
        assert_eq!(strip_version("/v1.41"), (None, "/v1.41"));
    }

    #[test]
    fn bodies_must_be_json_or_say_nothing() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(value));
            check_json(&headers)
        };
        assert!(check_json(&HeaderMap::new()).is_ok());
        assert!(check("application/json; charset=utf-8").is_ok());
        assert!(check("text/plain").is_err());
    }
}
