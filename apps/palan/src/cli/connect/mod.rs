//! Which engine a command talks to, and starting one when there is none.
//!
//! The first that is set counts: `--host` or `--context`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the
//! current context of `config.json`. When none is set, it is Palan's own engine of this user,
//! which is started on demand.

mod context;
mod launch;
mod places;

pub use context::ContextName;
pub use launch::{ensure_running, leave_session};
pub use places::Places;

use std::path::Path;

use palan_docker_api::ApiVersion;
use palan_docker_api::client::{Client, Host, Versioning};

use crate::cli::failure::{Failure, Outcome};

/// What the user said about the engine before the command's name.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Values of `--host`.
    pub hosts: &'a [String],
    /// Value of `--context`; empty when not given.
    pub context: &'a str,
    /// Directory of the configuration.
    pub config_directory: &'a Path,
    /// `currentContext` of the configuration.
    pub current_context: &'a str,
}

/// Finds the engine and makes sure that Palan's own one runs.
///
/// # Errors
/// When the address is not valid, the context does not exist, or the engine does not start.
pub fn client(wish: &Wish<'_>) -> Outcome<Client> {
    match configured_host(wish)? {
        Some(host) => Ok(Client::new(host, versioning()?)),
        None => {
            let places = Places::of_this_user();
            let fixed = match versioning()? {
                Versioning::Negotiate => Versioning::Fixed(ApiVersion::CURRENT),
                chosen => chosen,
            };
            let client = Client::new(Host::Unix(places.socket.clone()), fixed);
            ensure_running(&client, &places)?;
            Ok(client)
        }
    }
}

/// The address the user configured; `None` for Palan's own engine.
fn configured_host(wish: &Wish<'_>) -> Outcome<Option<Host>> {
    if !wish.hosts.is_empty() && !wish.context.is_empty() {
        return Err(Failure::new(
            "conflicting options: cannot specify both --host and --context",
        ));
    }
    let text = match (ContextName::resolve(wish), wish.hosts) {
        (ContextName::Named(name), _) => context::host_of(wish.config_directory, &name)?,
        (ContextName::Default, [host]) => host.clone(),
        (ContextName::Default, []) => match std::env::var("DOCKER_HOST") {
            Ok(host) if !host.is_empty() => host,
            _ => return Ok(None),
        },
        (ContextName::Default, _) => {
            return Err(Failure::new("Specify only one -H"));
        }
    };
    let host: Host = text
        .parse()
        .map_err(|error| Failure::new(format!("{error}")))?;
    let wants_tls = std::env::var_os("DOCKER_TLS_VERIFY").is_some_and(|value| !value.is_empty());
    if wants_tls && matches!(host, Host::Tcp { .. }) {
        return Err(Failure::new(format!(
            "DOCKER_TLS_VERIFY is set, but connections with TLS to {host} are not supported: \
             use an ssh:// address"
        )));
    }
    Ok(Some(host))
}

/// `DOCKER_API_VERSION` pins the version; else it is negotiated.
fn versioning() -> Outcome<Versioning> {
    match std::env::var("DOCKER_API_VERSION") {
        Ok(text) if !text.is_empty() => {
            let bare = text.strip_prefix('v').unwrap_or(&text);
            let version = bare
                .parse()
                .map_err(|error| Failure::new(format!("{error}")))?;
            Ok(Versioning::Fixed(version))
        }
        _ => Ok(Versioning::Negotiate),
    }
}
