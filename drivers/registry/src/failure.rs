//! A registry's refusal in the words that dockerd gives its clients.
//!
//! Source: the errors of the distribution specification ("Error Codes"), and what moby's
//! `distribution` package makes of them, observed.

use http::StatusCode;
use palan_model::{ErrorKind, Reference};
use serde::Deserialize;

use crate::auth::challenges;
use crate::error::RegistryError;
use crate::transport::Answer;

/// Largest error document that is read.
const MAX_BODY: usize = 64 * 1024;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    Manifest(&'a Reference),
    Blob,
    Token,
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<RegistryProblem>,
    /// Docker Hub's token server.
    #[serde(default)]
    details: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct RegistryProblem {
    code: String,
    message: String,
}

/// Reads the rest of an answer that is not a success and says what it means.
pub(crate) async fn refusal(answer: &mut Answer, subject: Subject<'_>) -> RegistryError {
    if answer.status.is_server_error() || answer.status.is_success() {
        return RegistryError::UnexpectedStatus(answer.status);
    }
    let by_header = scope_problem(answer);
    // A body that cannot be read leaves the status to go by.
    let body = answer
        .read(MAX_BODY)
        .await
        .ok()
        .flatten()
        .unwrap_or_default();
    let problem = by_header
        .or_else(|| documented(&body))
        .or_else(|| by_status(answer.status, subject));
    match problem {
        Some(problem) => explain(&problem, answer.status, subject),
        None => RegistryError::UnexpectedStatus(answer.status),
    }
}

/// RFC 6750, section 3.1: the challenge itself says what was wrong with the token.
fn scope_problem(answer: &Answer) -> Option<RegistryProblem> {
    challenges(&answer.headers).iter().find_map(|challenge| {
        let (code, standard) = match challenge.parameter("error")? {
            "insufficient_scope" => ("DENIED", "requested access to the resource is denied"),
            "invalid_token" => ("UNAUTHORIZED", "authentication required"),
            _ => return None,
        };
        let described = challenge.parameter("error_description");
        Some(problem(code, described.unwrap_or(standard)))
    })
}

fn problem(code: &str, message: &str) -> RegistryProblem {
    RegistryProblem {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

fn documented(body: &[u8]) -> Option<RegistryProblem> {
    let errors: Errors = serde_json::from_slice(body).ok()?;
    let details = errors.details.map(|text| problem("UNAUTHORIZED", &text));
    errors.errors.into_iter().next().or(details)
}

fn by_status(status: StatusCode, subject: Subject<'_>) -> Option<RegistryProblem> {
    Some(match (status, subject) {
        (StatusCode::NOT_FOUND, Subject::Manifest(_)) => {
            problem("MANIFEST_UNKNOWN", "manifest unknown")
        }
        (StatusCode::NOT_FOUND, Subject::Blob) => {
            problem("BLOB_UNKNOWN", "blob unknown to registry")
        }
        (StatusCode::UNAUTHORIZED, _) => problem("UNAUTHORIZED", "authentication required"),
        (StatusCode::FORBIDDEN, _) => {
            problem("DENIED", "requested access to the resource is denied")
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => problem("TOOMANYREQUESTS", "too many requests"),
        _ => return None,
    })
}

fn explain(problem: &RegistryProblem, status: StatusCode, subject: Subject<'_>) -> RegistryError {
    let words = problem.code.to_lowercase().replace('_', " ");
    let text = match (words.as_str(), problem.message.as_str()) {
        ("", message) => message.to_owned(),
        (words, "") => words.to_owned(),
        (words, message) => format!("{words}: {message}"),
    };
    let (kind, message) = match (problem.code.as_str(), subject) {
        ("DENIED", Subject::Manifest(reference)) => (
            ErrorKind::NotFound,
            format!(
                "pull access denied for {}, repository does not exist or may require \
                 'docker login': {text}",
                reference.familiar_name()
            ),
        ),
        ("MANIFEST_UNKNOWN", Subject::Manifest(reference)) => (
            ErrorKind::NotFound,
            format!("manifest for {} not found: {text}", reference.familiar()),
        ),
        ("NAME_UNKNOWN", Subject::Manifest(reference)) => (
            ErrorKind::NotFound,
            format!("repository {} not found: {text}", reference.familiar_name()),
        ),
        _ => (kind_of(status), text),
    };
    RegistryError::Refused { kind, message }
}

fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        405 | 415 => ErrorKind::NotImplemented,
        429 => ErrorKind::Unavailable,
        _ => ErrorKind::InvalidParameter,
    }
}
