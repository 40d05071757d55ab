//! Attaching clients: to a running container at once, else to its next start from the first byte on.

use palan_contracts::{AttachStream, LogReader};
use palan_model::log::LogQuery;
use palan_model::runner::AttachSpec;
use tokio::sync::oneshot;

use super::Containers;
use super::actor::{Actor, Command, PendingAttach};
use crate::{Error, Result};

/// What a client wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct AttachOptions {
    /// First, what was logged so far.
    pub logs: bool,
    /// Then, what comes.
    pub stream: bool,
    /// The streams.
    pub streams: AttachSpec,
}

/// An attached client's ends.
pub struct Attachment {
    /// The container has a terminal: its output is one raw stream.
    pub tty: bool,
    /// What was logged so far.
    pub logs: Option<Box<dyn LogReader>>,
    /// What comes.
    pub stream: Option<PendingStream>,
    /// Of exec instances: their end. A client asks for the exit code when the stream has ended, so
    /// that must not be seen before the exit code is known.
    pub ended: Option<Ended>,
}

/// The end of an exec instance.
pub struct Ended(pub(crate) oneshot::Receiver<()>);

impl Ended {
    /// Returns when the instance's record tells how it ended, or nobody will ever know.
    pub async fn known(self) {
        // A sender that is gone knows no more.
        let _ = self.0.await;
    }
}

/// A stream that exists as soon as the container runs.
pub struct PendingStream(oneshot::Receiver<AttachStream>);

impl PendingStream {
    pub(crate) fn now(stream: AttachStream) -> Self {
        let (sender, receiver) = oneshot::channel();
        // The receiver is right here.
        let _ = sender.send(stream);
        Self(receiver)
    }

    /// The stream; none when the start failed or the container was removed first.
    pub async fn ready(self) -> Option<AttachStream> {
        self.0.await.ok()
    }
}

impl Containers {
    /// Attaches a client.
    ///
    /// # Errors
    /// When the container is paused or restarting.
    pub async fn attach(&self, name: &str, options: AttachOptions) -> Result<Attachment> {
        let handle = self.find(name)?;
        let record = handle.record();
        match record.state.phase {
            super::Phase::Paused => {
                return Err(Error::Conflict(format!(
                    "container {} is paused, unpause the container before attach.",
                    record.id
                )));
            }
            super::Phase::Restarting => {
                return Err(Error::Conflict(format!(
                    "container {} is restarting, wait until the container is running before \
                     attach.",
                    record.id
                )));
            }
            _ => {}
        }
        let logs = if options.logs {
            Some(self.logged(name, options.streams).await?)
        } else {
            None
        };
        let stream = if options.stream {
            let (sender, receiver) = oneshot::channel();
            let mut spec = options.streams;
            spec.stdin &= record.config.open_stdin;
            let command = Command::Attach {
                spec,
                stream: sender,
            };
            handle
                .mailbox
                .send(command)
                .map_err(|_| Error::NoSuchContainer(name.to_owned()))?;
            Some(PendingStream(receiver))
        } else {
            None
        };
        self.shared().event(&record, "attach", []);
        Ok(Attachment {
            tty: record.config.tty,
            logs,
            stream,
            ended: None,
        })
    }

    async fn logged(&self, name: &str, streams: AttachSpec) -> Result<Box<dyn LogReader>> {
        let query = LogQuery {
            stdout: streams.stdout,
            stderr: streams.stderr,
            ..LogQuery::default()
        };
        Ok(self.logs(name, query).await?.reader)
    }
}

impl Actor {
    pub(super) async fn attach(&mut self, spec: AttachSpec, stream: oneshot::Sender<AttachStream>) {
        if !self.record.state.phase.is_alive() {
            // Clients that went away make room.
            self.pending.retain(|pending| !pending.stream.is_closed());
            self.pending.push(PendingAttach { spec, stream });
            return;
        }
        match self
            .shared
            .drivers
            .runtime
            .attach(&self.record.id, spec)
            .await
        {
            // A client that went away meanwhile is detached by dropping its stream.
            Ok(attached) => drop(stream.send(attached)),
            Err(error) => self.note("attach a client", Err(error.into())),
        }
    }
}
