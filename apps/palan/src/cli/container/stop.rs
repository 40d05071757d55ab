//! `stop`

use palan_docker_api::client::Request;

use super::many::for_each;
use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

flags! {
    /// Flags of `stop` and `restart`.
    pub struct StopFlags {
        signal: String, "signal", "Signal to send to the container", .short('s');
        timeout: Option<i64>, "timeout", "Seconds to wait before killing the container",
            .short('t');
        time: Option<i64>, "time", "Seconds to wait before killing the container",
            .deprecated("use --timeout instead");
    }
}

/// `stop`
pub struct Stop;

impl Verb for Stop {
    type Flags = StopFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container stop", "stop"],
        ..Synopsis::new(
            "stop",
            "[OPTIONS] CONTAINER [CONTAINER...]",
            "Stop one or more running containers",
            Arity::AtLeast(1),
        )
    };

    fn run(session: &Session, flags: StopFlags, names: &[String]) -> Outcome {
        stop_all(session, &flags, names, "stop")
    }
}

/// Stops or restarts containers.
///
/// # Errors
/// As [`for_each`].
pub fn stop_all(session: &Session, flags: &StopFlags, names: &[String], verb: &str) -> Outcome {
    if flags.time.is_some() && flags.timeout.is_some() {
        return Err(Failure::new(
            "conflicting options: cannot specify both --timeout and --time",
        ));
    }
    let timeout = flags.timeout.or(flags.time);
    let timeout = timeout
        .map(|seconds| seconds.to_string())
        .unwrap_or_default();
    let request = |name: &str| {
        Request::post(&["containers", name, verb])
            .query_some("t", &timeout)
            .query_some("signal", &flags.signal)
    };
    for_each(session, names, request, |_| false)
}
