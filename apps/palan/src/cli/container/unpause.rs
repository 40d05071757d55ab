//! `unpause`

use palan_docker_api::client::Request;

use super::many::for_each;
use crate::cli::args::{Arity, NoFlags, Synopsis, Verb};
use crate::cli::failure::Outcome;
use crate::cli::session::Session;

/// `unpause`
pub struct Unpause;

impl Verb for Unpause {
    type Flags = NoFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container unpause", "unpause"],
        ..Synopsis::new(
            "unpause",
            "CONTAINER [CONTAINER...]",
            "Unpause all processes within one or more containers",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, _flags: NoFlags, names: &[String]) -> Outcome {
        let request = |name: &str| Request::post(&["containers", name, "unpause"]);
        for_each(session, names, request, |_| false)
    }
}
