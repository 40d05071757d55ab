//! What a registry may know of the user: credentials of `config.json`, as the header
//! `X-Registry-Auth` carries them to the engine.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use palan_model::Reference;
use serde::Serialize;

use crate::cli::config::{Auth, Config};

/// Key of Docker Hub in the configuration.
const HUB: &str = "https://index.docker.io/v1/";

/// The header's value; none when nothing is known for the registry of this image.
pub fn header(config: &Config, image: &Reference) -> Option<String> {
    let domain = image.domain();
    let keys = if domain == "docker.io" {
        vec![HUB.to_owned()]
    } else {
        vec![
            domain.to_owned(),
            format!("https://{domain}"),
            format!("http://{domain}"),
        ]
    };
    let (key, auth) = keys
        .iter()
        .find_map(|key| Some((key, config.auths.get(key)?)))?;
    encode(key, auth)
}

#[derive(Serialize)]
struct Header<'a> {
    username: &'a str,
    password: &'a str,
    serveraddress: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    identitytoken: &'a str,
}

fn encode(server: &str, auth: &Auth) -> Option<String> {
    let plain = STANDARD.decode(auth.auth.trim_end_matches('\0')).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (username, password) = plain.split_once(':').unwrap_or((&plain, ""));
    if username.is_empty() && auth.identitytoken.is_empty() {
        return None;
    }
    let header = Header {
        username,
        password: password.trim_end_matches('\0'),
        serveraddress: server,
        identitytoken: &auth.identitytoken,
    };
    let json = serde_json::to_vec(&header).ok()?;
    Some(URL_SAFE.encode(json))
}
