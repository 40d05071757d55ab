//! `logs`

use palan_docker_api::client::{FrameError, Request, copy_frames};
use palan_docker_api::container::ContainerInspect;

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::spec::duration::query_time;
use crate::cli::stream::{copy_raw, standard_error, standard_output};

flags! {
    /// Flags of `logs`.
    pub struct LogsFlags {
        details: bool, "details", "Show extra details provided to logs";
        follow: bool, "follow", "Follow log output", .short('f');
        since: String, "since",
            "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" \
             for 42 minutes)";
        tail: String = "all".to_owned(), "tail",
            "Number of lines to show from the end of the logs", .short('n'), .default("\"all\"");
        timestamps: bool, "timestamps", "Show timestamps", .short('t');
        until: String, "until",
            "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \
             \"42m\" for 42 minutes)";
    }
}

/// `logs`
pub struct Logs;

impl Verb for Logs {
    type Flags = LogsFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container logs", "logs"],
        ..Synopsis::new(
            "logs",
            "[OPTIONS] CONTAINER",
            "Fetch the logs of a container",
            Arity::Exactly(1),
        )
    };

    fn run(session: &Session, flags: LogsFlags, operands: &[String]) -> Outcome {
        let client = session.client()?;
        let inspect = Request::get(&["containers", &operands[0], "json"]);
        let container: ContainerInspect = client.call(inspect)?.json()?;
        let invalid =
            |name: &str, why: String| Failure::new(format!("invalid value for {name:?}: {why}"));
        let since = query_time(&flags.since).map_err(|why| invalid("since", why))?;
        let until = query_time(&flags.until).map_err(|why| invalid("until", why))?;
        let request = Request::get(&["containers", &container.id, "logs"])
            .query("stdout", "1")
            .query("stderr", "1")
            .query_some("since", &since)
            .query_some("until", &until)
            .query_if("timestamps", flags.timestamps)
            .query_if("details", flags.details)
            .query_if("follow", flags.follow)
            .query_some("tail", &flags.tail);
        let mut response = client.call(request)?;
        if container.config.tty {
            copy_raw(&mut response, &mut standard_output())?;
            return Ok(());
        }
        let copied = copy_frames(&mut response, &mut standard_output(), &mut standard_error());
        copied.map_err(|error| match error {
            FrameError::Io(error) => Failure::from(error),
            other => Failure::new(other.to_string()),
        })
    }
}
