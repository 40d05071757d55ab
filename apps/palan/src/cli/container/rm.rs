//! `rm`

use palan_docker_api::client::Request;

use super::many::for_each;
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

flags! {
    /// Flags of `rm`.
    pub struct RmFlags {
        force: bool, "force", "Force the removal of a running container (uses SIGKILL)",
            .short('f');
        link: bool, "link", "Remove the specified link", .short('l');
        volumes: bool, "volumes", "Remove anonymous volumes associated with the container",
            .short('v');
    }
}

/// `rm`
pub struct Rm;

impl Verb for Rm {
    type Flags = RmFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        aliases: &["remove"],
        places: &["container rm", "container remove", "rm"],
        ..Synopsis::new(
            "rm",
            "[OPTIONS] CONTAINER [CONTAINER...]",
            "Remove one or more containers",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: RmFlags, names: &[String]) -> Outcome {
        if names.iter().any(|name| name.trim_matches('/').is_empty()) {
            return Err(Failure::new("container name cannot be empty"));
        }
        let request = |name: &str| {
            Request::delete(&["containers", name.trim_matches('/')])
                .query_if("v", flags.volumes)
                .query_if("link", flags.link)
                .query_if("force", flags.force)
        };
        for_each(session, names, request, |failure| {
            flags.force && failure.not_found
        })
    }
}
