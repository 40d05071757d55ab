//! `pause`

use palan_docker_api::client::Request;

use super::many::for_each;
use crate::cli::args::{Arity, NoFlags, Synopsis, Verb};
use crate::cli::failure::Outcome;
use crate::cli::session::Session;

/// `pause`
pub struct Pause;

impl Verb for Pause {
    type Flags = NoFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container pause", "pause"],
        ..Synopsis::new(
            "pause",
            "CONTAINER [CONTAINER...]",
            "Pause all processes within one or more containers",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, _flags: NoFlags, names: &[String]) -> Outcome {
        let request = |name: &str| Request::post(&["containers", name, "pause"]);
        for_each(session, names, request, |_| false)
    }
}
