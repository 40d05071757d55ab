//! One request for each of several containers: all are tried, each success is printed, the
//! failures are told together at the end.

use std::sync::Arc;

use palan_docker_api::client::{Client, Request};

use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

/// Containers that are worked on at once.
const PARALLEL: usize = 50;

/// Sends a request for each name, some at once, and prints the names in order.
///
/// # Errors
/// The failures of all, in order. A failure for which `forgive` says yes is only a remark.
pub fn for_each(
    session: &Session,
    names: &[String],
    request: impl Fn(&str) -> Request<'static> + Sync,
    forgive: impl Fn(&Failure) -> bool,
) -> Outcome {
    let client = session.client()?;
    let mut failures = Vec::new();
    for group in names.chunks(PARALLEL) {
        for (name, outcome) in group.iter().zip(all_at_once(client, group, &request)) {
            match outcome {
                Ok(()) => session.print_line(name)?,
                Err(failure) if forgive(&failure) => session.remark(&failure.text),
                Err(failure) => failures.push(failure),
            }
        }
    }
    Failure::join(failures)
}

fn all_at_once(
    client: &Arc<Client>,
    names: &[String],
    request: &(impl Fn(&str) -> Request<'static> + Sync),
) -> Vec<Outcome> {
    // The answers are read in turn; the engine works on all of them meanwhile.
    let pending: Vec<_> = names
        .iter()
        .map(|name| client.send(request(name)))
        .collect();
    pending
        .into_iter()
        .map(|sent| {
            sent?.response()?;
            Ok(())
        })
        .collect()
}
