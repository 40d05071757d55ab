//! `--security-opt`: seccomp profiles are files of the client, sent as their content;
//! `systempaths=unconfined` empties the lists of masked paths.

use palan_docker_api::go_json;

use super::key_value::reason;
use crate::cli::format::Document;

/// What `--security-opt` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// Options for the engine.
    pub options: Vec<String>,
    /// No path is masked or read-only.
    pub unconfined_paths: bool,
}

/// All values of `--security-opt`.
///
/// # Errors
/// When one of them is not valid or its file cannot be read, in Docker's words.
pub fn parse(texts: &[String]) -> Result<Security, String> {
    let mut security = Security::default();
    for text in texts {
        if text == "systempaths=unconfined" {
            security.unconfined_paths = true;
        } else {
            security.options.push(parse_one(text)?);
        }
    }
    Ok(security)
}

fn parse_one(text: &str) -> Result<String, String> {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key, value),
        None if text == "no-new-privileges" => return Ok(text.to_owned()),
        None => text.split_once(':').unwrap_or((text, "")),
    };
    if value.is_empty() && key != "no-new-privileges" {
        return Err(format!("Invalid --security-opt: {text:?}"));
    }
    if key != "seccomp" || matches!(value, "builtin" | "unconfined") {
        return Ok(text.to_owned());
    }
    let profile = std::fs::read(value).map_err(|error| {
        format!(
            "opening seccomp profile ({value}) failed: open {value}: {}",
            reason(&error)
        )
    })?;
    let invalid =
        |error: String| format!("compacting json for seccomp profile ({value}) failed: {error}");
    go_json::parse(&profile).map_err(|error| invalid(error.to_string()))?;
    let profile: Document =
        serde_json::from_slice(&profile).map_err(|error| invalid(error.to_string()))?;
    Ok(format!("seccomp={}", profile.compact()))
}
