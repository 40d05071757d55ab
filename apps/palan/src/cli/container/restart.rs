//! `restart`

use super::stop::{StopFlags, stop_all};
use crate::cli::args::{Arity, Synopsis, Verb};
use crate::cli::failure::Outcome;
use crate::cli::session::Session;

/// `restart`
pub struct Restart;

impl Verb for Restart {
    type Flags = StopFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container restart", "restart"],
        ..Synopsis::new(
            "restart",
            "[OPTIONS] CONTAINER [CONTAINER...]",
            "Restart one or more containers",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: StopFlags, names: &[String]) -> Outcome {
        stop_all(session, &flags, names, "restart")
    }
}
