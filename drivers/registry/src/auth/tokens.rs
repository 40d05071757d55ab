//! Bearer tokens of a token server (distribution's `token.md`), kept until they expire.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::Challenge;
use crate::config::Credentials;
use crate::error::RegistryError;
use crate::failure::{self, Subject};
use crate::transport::Transport;

/// Largest answer of a token server.
const MAX_ANSWER: usize = 1 << 20;
/// Life of a token that does not say (`token.md`), and what is taken off for the way.
const DEFAULT_LIFE: u64 = 60;
const MARGIN: u64 = 10;
/// Characters that stay as they are in a query's value (RFC 3986, "unreserved").
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a token is good for: realm, service, scope, user.
type Key = [String; 4];

#[derive(Default)]
pub(crate) struct Tokens {
    kept: Mutex<HashMap<Key, (HeaderValue, Instant)>>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Tokens {
    /// The `Authorization` header for a scope: from the token server, or one that is still good.
    pub(crate) async fn authorization(
        &self,
        transport: &Transport,
        challenge: &Challenge,
        scope: &str,
        credentials: Option<&Credentials>,
    ) -> Result<HeaderValue, RegistryError> {
        let key = key(challenge, scope, credentials);
        if let Some((header, expires)) = self.lock().get(&key)
            && *expires > Instant::now()
        {
            return Ok(header.clone());
        }
        let (header, life) = fetch(transport, &key, credentials).await?;
        let now = Instant::now();
        let mut kept = self.lock();
        kept.retain(|_, (_, expires)| *expires > now);
        kept.insert(key, (header.clone(), now + life));
        Ok(header)
    }

    /// Forgets a token that was refused.
    pub(crate) fn forget(&self, refused: &HeaderValue) {
        self.lock().retain(|_, (header, _)| header != refused);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, (HeaderValue, Instant)>> {
        self.kept.lock().expect("nothing panics while it is held")
    }
}

fn key(challenge: &Challenge, scope: &str, credentials: Option<&Credentials>) -> Key {
    let text = |name| challenge.parameter(name).unwrap_or_default().to_owned();
    let user = credentials.map(|c| c.username.clone()).unwrap_or_default();
    [text("realm"), text("service"), scope.to_owned(), user]
}

async fn fetch(
    transport: &Transport,
    [realm, service, scope, user]: &Key,
    credentials: Option<&Credentials>,
) -> Result<(HeaderValue, Duration), RegistryError> {
    let failed = |reason: &str| RegistryError::TokenServer {
        realm: realm.clone(),
        reason: reason.to_owned(),
    };
    let address: Uri = realm.parse().map_err(|_| failed("malformed realm"))?;
    let encrypted = address.scheme_str() == Some("https");
    let plain_ok = address.scheme_str() == Some("http") && transport.may_be_insecure(&address);
    if !encrypted && !plain_ok {
        return Err(failed("its address must be an https URL"));
    }
    let mut url = realm.clone();
    for (name, value) in [("service", service), ("scope", scope), ("account", user)] {
        if !value.is_empty() {
            let separator = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!(
                "{separator}{name}={}",
                utf8_percent_encode(value, QUERY)
            ));
        }
    }
    let mut headers = HeaderMap::new();
    if let Some(credentials) = credentials {
        headers.insert(AUTHORIZATION, basic(credentials));
    }
    let mut answer = transport.get(&url, headers).await?;
    if !answer.status.is_success() {
        return Err(failure::refusal(&mut answer, Subject::Token).await);
    }
    let body = answer
        .read(MAX_ANSWER)
        .await?
        .ok_or_else(|| failed("too large"))?;
    let answer: TokenAnswer = serde_json::from_slice(&body).map_err(|e| failed(&e.to_string()))?;
    let token = answer
        .token
        .filter(|token| !token.is_empty())
        .or(answer.access_token);
    let token = token.ok_or_else(|| failed("no token"))?;
    let life = answer.expires_in.unwrap_or(0).max(DEFAULT_LIFE) - MARGIN;
    let header = secret(&format!("Bearer {token}")).ok_or_else(|| failed("malformed token"))?;
    Ok((header, Duration::from_secs(life)))
}

/// HTTP's basic authentication (RFC 7617).
pub(crate) fn basic(credentials: &Credentials) -> HeaderValue {
    let pair = format!("{}:{}", credentials.username, credentials.password);
    let text = format!("Basic {}", STANDARD.encode(pair));
    secret(&text).expect("base64 is visible ASCII")
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
