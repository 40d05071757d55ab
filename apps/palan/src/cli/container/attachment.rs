//! The user's streams at a container that is about to start, and its end.
//!
//! ```text
//! connection 1:                                      start ----------> 204
//! connection 2: attach ---> 101 ........................ output ......... end
//! connection 3: wait -----> head (registered) .............................. exit code
//! ```
//!
//! Attach and wait are sent together; the container is started only after both were answered, so
//! that neither a byte of output nor the exit is missed.

use std::sync::Arc;

use palan_docker_api::client::{Client, Pending, Request, Response};
use palan_docker_api::container::ContainerWaitResponse;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::stream::{
    Attached, DetachKeys, End, ResizeTarget, SignalPlan, Streams, set_first_size, watch,
};
use crate::cli::terminal;

/// What to attach to.
#[derive(Clone, Copy, Debug)]
pub struct Attachment<'a> {
    /// Identifier of the container.
    pub id: &'a str,
    /// Which of its streams.
    pub streams: Streams,
    /// Signals to this program are passed on to it.
    pub forward_signals: bool,
    /// The engine removes it when it ends.
    pub removes_itself: bool,
    /// Value of `--detach-keys`.
    pub detach_keys: &'a str,
}

/// A container whose streams are attached.
pub struct Following<'c> {
    client: &'c Arc<Client>,
    attached: Attached,
    exit: Response<'c>,
    resize: Option<ResizeTarget>,
    removes_itself: bool,
}

impl Attachment<'_> {
    /// Attaches and registers for the end. From the return on nothing is missed.
    ///
    /// # Errors
    /// When the engine refuses.
    pub fn begin<'s>(&self, session: &'s Session) -> Outcome<Following<'s>> {
        let client = session.client()?;
        let keys = detach_keys(session, self.detach_keys);
        let condition = if self.removes_itself {
            "removed"
        } else {
            "next-exit"
        };
        let attaching = send_attach(client, self.id, self.streams, self.detach_keys)?;
        let waiting = client.send(wait_request(self.id, condition))?;
        let connection = attaching.hijack()?;
        let exit = waiting.response()?;
        let resize = terminal_of(self.id, self.streams);
        let plan = SignalPlan {
            forward_to: self.forward_signals.then(|| self.id.to_owned()),
            resize: resize.clone(),
            raw: self.streams.stdin && self.streams.tty,
        };
        watch(client, plan)?;
        Ok(Following {
            client,
            attached: Attached::begin(connection, self.streams, keys)?,
            exit,
            resize,
            removes_itself: self.removes_itself,
        })
    }
}

impl Following<'_> {
    /// The container did not start. When the engine removes it, waits for that: its name must be
    /// free when this program ends.
    pub fn abandon(self) {
        drop(self.attached);
        if self.removes_itself {
            // Why it did not start is what the user is told.
            let _ = exit_code(self.exit);
        }
    }

    /// The container was started: shows its output, and ends with its exit code.
    ///
    /// # Errors
    /// When the exit code is not 0 or the stream breaks.
    pub fn follow(self) -> Outcome {
        if let Some(target) = self.resize {
            set_first_size(self.client, target)?;
        }
        match self.attached.finish()? {
            End::Detached => Ok(()),
            End::Finished => end_with(exit_code(self.exit)?),
        }
    }
}

/// The container whose terminal must learn the size of ours.
pub fn terminal_of(id: &str, streams: Streams) -> Option<ResizeTarget> {
    let is_shown = streams.tty && terminal::stdout_is_terminal();
    is_shown.then(|| ResizeTarget::Container(id.to_owned()))
}

/// Sends the request to attach; the answer is a raw connection.
///
/// # Errors
/// When nothing answers.
pub fn send_attach<'c>(
    client: &'c Client,
    id: &str,
    streams: Streams,
    detach_keys: &str,
) -> Outcome<Pending<'c>> {
    let request = Request::post(&["containers", id, "attach"])
        .query("stream", "1")
        .query_if("stdin", streams.stdin)
        .query_if("stdout", streams.stdout)
        .query_if("stderr", streams.stderr)
        .query_some("detachKeys", detach_keys)
        .upgrade();
    Ok(client.send(request)?)
}

/// The request that is answered when the container ends.
pub fn wait_request(id: &str, condition: &str) -> Request<'static> {
    Request::post(&["containers", id, "wait"]).query_some("condition", condition)
}

/// Starts a container.
///
/// # Errors
/// When the engine refuses.
pub fn start(client: &Client, id: &str) -> Outcome {
    client.call(Request::post(&["containers", id, "start"]))?;
    Ok(())
}

/// Waits for the exit code.
fn exit_code(exit: Response<'_>) -> Outcome<i64> {
    let status: ContainerWaitResponse = exit.json()?;
    match status.error.flatten() {
        Some(error) => {
            let text = format!("Error waiting for container: {}", error.message);
            Err(Failure::new(text).with_code(125))
        }
        None => Ok(status.status_code),
    }
}

/// Ends the program with a container's exit code.
///
/// # Errors
/// When it is not 0.
pub fn end_with(code: i64) -> Outcome {
    match i32::try_from(code).unwrap_or(125) {
        0 => Ok(()),
        code => Err(Failure::silent(code)),
    }
}

/// The keys of a flag, else of the configuration, else the default ones.
pub fn detach_keys(session: &Session, flag: &str) -> DetachKeys {
    let text = if flag.is_empty() {
        session.config().detach_keys.as_str()
    } else {
        flag
    };
    DetachKeys::parse(text).unwrap_or_else(|error| {
        session.remark(&format!("{error}, using default"));
        DetachKeys::default()
    })
}

/// A container's terminal needs one of ours when its input is attached.
///
/// # Errors
/// When the standard input is none.
pub fn check_terminal(attach_stdin: bool, tty: bool) -> Outcome {
    if attach_stdin && tty && !terminal::stdin_is_terminal() {
        return Err(Failure::new("the input device is not a TTY"));
    }
    Ok(())
}
