//! `kill`

use palan_docker_api::client::Request;

use super::many::for_each;
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::Outcome;
use crate::cli::session::Session;

flags! {
    /// Flags of `kill`.
    pub struct KillFlags {
        signal: String, "signal", "Signal to send to the container", .short('s');
    }
}

/// `kill`
pub struct Kill;

impl Verb for Kill {
    type Flags = KillFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container kill", "kill"],
        ..Synopsis::new(
            "kill",
            "[OPTIONS] CONTAINER [CONTAINER...]",
            "Kill one or more running containers",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: KillFlags, names: &[String]) -> Outcome {
        let request = |name: &str| {
            Request::post(&["containers", name, "kill"]).query_some("signal", &flags.signal)
        };
        for_each(session, names, request, |_| false)
    }
}
