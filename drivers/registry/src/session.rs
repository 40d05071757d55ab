//! Requests to a registry: finds it, authorises, tries again.
//!
//! ```text
//! unknown --ping /v2/--> found (scheme, challenges) --no answer--> lost --ping /v2/--> found
//! request --401--> new token --401--> refused
//!         --429, 5xx, connection lost--> pause --> request, a few times
//! ```
//!
//! A registry that was never reached is given up at once: its name or port is likely wrong. One that
//! is lost may be restarting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, RANGE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use palan_model::Reference;

use crate::auth::{Challenge, Tokens, basic, challenges};
use crate::config::{Credentials, RegistryConfig};
use crate::endpoint::{Endpoint, candidates};
use crate::error::RegistryError;
use crate::failure::{Subject, refusal};
use crate::transport::{Answer, Transport};

pub(crate) struct Sessions {
    config: RegistryConfig,
    transport: Transport,
    tokens: Tokens,
    registries: Mutex<HashMap<String, Contact>>,
}

/// What is known of a registry that has answered before.
#[derive(Clone)]
enum Contact {
    Found(Arc<Found>),
    /// It did not answer the last time.
    Lost,
}

/// A registry that answered.
struct Found {
    endpoint: Endpoint,
    challenges: Vec<Challenge>,
}

/// One document or blob of a repository.
pub(crate) struct Query<'a> {
    pub(crate) reference: &'a Reference,
    /// For example `manifests/latest`.
    pub(crate) path: String,
    /// Media types that are understood; empty for any.
    pub(crate) accept: &'static str,
    /// First byte wanted.
    pub(crate) offset: u64,
    pub(crate) subject: Subject<'a>,
}

/// A failed attempt, and what the registry said about the next.
struct Failed {
    error: RegistryError,
    transient: bool,
    retry_after: Option<Duration>,
}

impl From<RegistryError> for Failed {
    fn from(error: RegistryError) -> Self {
        Self {
            transient: error.is_transient(),
            error,
            retry_after: None,
        }
    }
}

impl Sessions {
    pub(crate) fn new(config: RegistryConfig) -> Self {
        Self {
            transport: Transport::new(&config),
            config,
            tokens: Tokens::default(),
            registries: Mutex::default(),
        }
    }

    /// Pauses before the next attempt; an error when there have been enough.
    pub(crate) async fn pause(
        &self,
        failed: u32,
        asked: Option<Duration>,
        error: RegistryError,
    ) -> Result<(), RegistryError> {
        if failed >= self.config.timing.attempts {
            return Err(error);
        }
        tracing::debug!(%error, failed, "registry request is tried again");
        tokio::time::sleep(self.config.timing.pause(failed, asked)).await;
        Ok(())
    }

    /// Asks until there is an answer with a success status.
    pub(crate) async fn get(&self, query: &Query<'_>) -> Result<Answer, RegistryError> {
        let mut failed = 0;
        loop {
            let Failed {
                error,
                transient,
                retry_after,
            } = match self.attempt(query).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !transient {
                return Err(error);
            }
            failed += 1;
            self.pause(failed, retry_after, error).await?;
        }
    }

    async fn attempt(&self, query: &Query<'_>) -> Result<Answer, Failed> {
        let found = self.find(query.reference.domain()).await?;
        let used = self.authorization(&found.challenges, query).await?;
        let mut answer = self.send(&found, query, used.as_ref()).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            let offered = challenges(&answer.headers);
            if let Some(used) = &used {
                self.tokens.forget(used);
            }
            let next = self.authorization(&offered, query).await?;
            if next.is_some() && next != used {
                answer = self.send(&found, query, next.as_ref()).await?;
            }
        }
        if answer.status.is_success() {
            return Ok(answer);
        }
        let transient =
            answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS;
        let seconds = answer.header(RETRY_AFTER.as_str()).parse().ok();
        Err(Failed {
            transient,
            retry_after: seconds.map(Duration::from_secs),
            error: refusal(&mut answer, query.subject).await,
        })
    }

    async fn send(
        &self,
        found: &Found,
        query: &Query<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, RegistryError> {
        let mut headers = HeaderMap::new();
        if !query.accept.is_empty() {
            headers.insert(ACCEPT, HeaderValue::from_static(query.accept));
        }
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if query.offset > 0 {
            let range = HeaderValue::from_str(&format!("bytes={}-", query.offset));
            headers.insert(RANGE, range.expect("digits are visible ASCII"));
        }
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let base = &found.endpoint.base;
        let url = format!("{base}/v2/{}/{}", query.reference.path(), query.path);
        let answer = self.transport.get(&url, headers).await;
        if answer.is_err() {
            // It may come back elsewhere, or with another scheme.
            let domain = query.reference.domain().to_owned();
            self.lock().insert(domain, Contact::Lost);
        }
        answer
    }

    /// The header that meets one of the challenges; none when nothing is asked for.
    async fn authorization(
        &self,
        challenges: &[Challenge],
        query: &Query<'_>,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        let offered = |scheme: &str| challenges.iter().find(|c| c.scheme == scheme);
        let credentials = self.credentials(query.reference.domain());
        if let Some(challenge) = offered("bearer") {
            let scope = format!("repository:{}:pull", query.reference.path());
            let scope = challenge.parameter("scope").unwrap_or(&scope);
            let token =
                self.tokens
                    .authorization(&self.transport, challenge, scope, credentials.as_ref());
            return token.await.map(Some);
        }
        match (offered("basic"), credentials) {
            (None, _) => Ok(None),
            (Some(_), Some(credentials)) => Ok(Some(basic(&credentials))),
            (Some(_), None) => Err(RegistryError::NoCredentials),
        }
    }

    fn credentials(&self, domain: &str) -> Option<Credentials> {
        self.config.credentials.as_ref()?.credentials(domain)
    }

    /// The registry of a domain, asked once: `GET /v2/` (distribution specification, "end-1").
    async fn find(&self, domain: &str) -> Result<Arc<Found>, Failed> {
        let known = self.lock().get(domain).cloned();
        if let Some(Contact::Found(found)) = known {
            return Ok(found);
        }
        let mut failure = None;
        for endpoint in candidates(domain, &self.config.insecure_registries) {
            match self.ping(endpoint).await {
                Ok(found) => {
                    let found = Arc::new(found);
                    let contact = Contact::Found(found.clone());
                    self.lock().insert(domain.to_owned(), contact);
                    return Ok(found);
                }
                Err(error) => failure = Some(error),
            }
        }
        let mut failed = Failed::from(failure.expect("every domain has at least one endpoint"));
        failed.transient &= known.is_some();
        Err(failed)
    }

    async fn ping(&self, endpoint: Endpoint) -> Result<Found, RegistryError> {
        let url = format!("{}/v2/", endpoint.base);
        let answer = self.transport.get(&url, HeaderMap::new()).await?;
        if answer.status.is_server_error() {
            return Err(RegistryError::UnexpectedStatus(answer.status));
        }
        Ok(Found {
            endpoint,
            challenges: challenges(&answer.headers),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Contact>> {
        self.registries
            .lock()
            .expect("nothing panics while it is held")
    }
}
