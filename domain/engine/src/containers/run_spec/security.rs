//! `--security-opt`.

use palan_model::HostConfig;

use super::capabilities;
use crate::{Error, Result};

/// The system call filter that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::containers) enum Filter {
    /// None at all.
    Unconfined,
    /// The built-in profile.
    Default,
    /// A profile in Docker's JSON format.
    Profile(String),
}

/// What confines a container's processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::containers) struct Security {
    /// Capabilities, as `CAP_..`.
    pub capabilities: Vec<String>,
    /// Set `no_new_privs`.
    pub no_new_privileges: bool,
    /// The system call filter.
    pub filter: Filter,
}

/// Reads the options; privileged containers are not confined.
///
/// # Errors
/// Unknown options or capabilities.
pub(in crate::containers) fn parse_security(host: &HostConfig) -> Result<Security> {
    let mut security = Security {
        capabilities: capabilities::plan(host)?,
        no_new_privileges: false,
        filter: if host.privileged {
            Filter::Unconfined
        } else {
            Filter::Default
        },
    };
    for option in &host.security_opt {
        let invalid = |stage: u8| {
            Error::InvalidParameter(format!("invalid --security-opt {stage}: {option:?}"))
        };
        let (key, value) = match (option.split_once('='), option.split_once(':')) {
            (Some(pair), _) | (None, Some(pair)) => pair,
            (None, None) => (option.as_str(), ""),
        };
        match (key, value) {
            ("no-new-privileges", "" | "true" | "1") => security.no_new_privileges = true,
            ("no-new-privileges", "false" | "0") => security.no_new_privileges = false,
            ("seccomp", "unconfined") => security.filter = Filter::Unconfined,
            ("seccomp", "builtin" | "default") => security.filter = Filter::Default,
            ("seccomp", profile) => security.filter = Filter::Profile(profile.to_owned()),
            // Without these modules in the kernel there is nothing to confine with.
            ("label" | "apparmor" | "disable", _) => {}
            // Lists of paths are emptied by the client itself.
            ("systempaths", "unconfined") => {}
            _ => return Err(invalid(if option == key { 1 } else { 2 })),
        }
    }
    Ok(security)
}
