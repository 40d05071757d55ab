//! `wait`

use palan_docker_api::container::ContainerWaitResponse;

use super::attachment::wait_request;
use crate::cli::args::{Arity, NoFlags, Synopsis, Verb};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

/// `wait`
pub struct Wait;

impl Verb for Wait {
    type Flags = NoFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container wait", "wait"],
        ..Synopsis::new(
            "wait",
            "CONTAINER [CONTAINER...]",
            "Block until one or more containers stop, then print their exit codes",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, _flags: NoFlags, names: &[String]) -> Outcome {
        let client = session.client()?;
        let mut failures = Vec::new();
        for name in names {
            let answer = client
                .call(wait_request(name, ""))
                .and_then(|response| response.json::<ContainerWaitResponse>());
            match answer {
                Ok(status) => session.print_line(&status.status_code.to_string())?,
                Err(error) => failures.push(Failure::from(error)),
            }
        }
        Failure::join(failures)
    }
}
