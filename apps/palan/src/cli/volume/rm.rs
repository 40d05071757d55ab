//! `volume rm`

use palan_docker_api::client::Request;

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

flags! {
    /// Flags of `volume rm`.
    pub struct RemoveFlags {
        force: bool, "force", "Force the removal of one or more volumes", .short('f');
    }
}

/// `volume rm`
pub struct Remove;

impl Verb for Remove {
    type Flags = RemoveFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        aliases: &["remove"],
        ..Synopsis::new(
            "rm",
            "[OPTIONS] VOLUME [VOLUME...]",
            "Remove one or more volumes",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: RemoveFlags, names: &[String]) -> Outcome {
        let client = session.client()?;
        let mut failures = Vec::new();
        for name in names {
            let request = Request::delete(&["volumes", name]).query_if("force", flags.force);
            match client.call(request) {
                Ok(_) => session.print_line(name)?,
                Err(error) => failures.push(Failure::from(error)),
            }
        }
        Failure::join(failures)
    }
}
