//! The task that owns one container.
//!
//! It alone changes the container's record and health. It takes one thing at a time, in this order of
//! preference: the end of the process, a command, the result of a health check, a restart that is
//! due. What it did is in the state store before anybody sees it, except the end of a process: that
//! is told at once, because the runner keeps it until the store has it too. Health is not stored.

use std::sync::Arc;
use std::time::Duration;

use palan_contracts::{AttachStream, ExitReceiver, Table};
use palan_model::runner::{AttachSpec, ExitStatus};
use palan_model::{ContainerName, ContainerRecord, Signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::Shared;
use super::health::{Checks, Health, ProbeResult};
use super::index::Handle;
use super::remove::RemoveOptions;
use crate::{Error, Result};

/// Answers a command.
pub(crate) type Reply<T> = oneshot::Sender<Result<T>>;

/// What an actor can be asked.
pub(crate) enum Command {
    Start(Reply<()>),
    /// A client stops the container: the restart policy rests. The answer is the number of ended runs.
    BeginStop {
        then_start: bool,
        reply: Reply<u64>,
    },
    Kill {
        signal: Signal,
        reply: Reply<()>,
    },
    Freeze {
        frozen: bool,
        reply: Reply<()>,
    },
    Rename {
        name: ContainerName,
        reply: Reply<()>,
    },
    Remove {
        options: RemoveOptions,
        reply: Reply<()>,
    },
    /// Wait for the next start with the first byte, or attach at once.
    Attach {
        spec: AttachSpec,
        stream: oneshot::Sender<AttachStream>,
    },
}

/// What everybody can see of a container.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub record: Arc<ContainerRecord>,
    /// None before the first run, and without a health check.
    pub health: Option<Arc<Health>>,
    /// Runs that have ended.
    pub exits: u64,
    /// Exit code of the one that ended last; it stays when the next run begins.
    pub last_code: i32,
    /// The container was removed.
    pub gone: bool,
}

/// A client that waits for the start.
pub(super) struct PendingAttach {
    pub spec: AttachSpec,
    pub stream: oneshot::Sender<AttachStream>,
}

/// The owner of one container.
pub(super) struct Actor {
    pub shared: Arc<Shared>,
    pub record: ContainerRecord,
    pub status: watch::Sender<Status>,
    pub exit: Option<ExitReceiver<ExitStatus>>,
    pub pending: Vec<PendingAttach>,
    pub restart_at: Option<Instant>,
    /// Wait before the next restart by policy.
    pub backoff: Duration,
    /// The exit that comes next belongs to a `restart`: neither policy nor `--rm` act on it.
    pub stopping_to_start: bool,
    /// The store does not have the last run's end yet, so the runner keeps it.
    pub unreleased: bool,
    pub checks: Checks,
    mailbox: mpsc::UnboundedReceiver<Command>,
}

enum Next {
    Exited(ExitStatus),
    RunnerLost,
    Asked(Option<Command>),
    Probed(ProbeResult),
    RestartDue,
}

/// First wait before a restart by policy; doubled each time, up to a minute, as Docker does.
pub(super) const FIRST_BACKOFF: Duration = Duration::from_millis(100);

impl Actor {
    /// Makes the actor and the handle that reaches it. [`Actor::run`] sets it going.
    pub fn new(
        shared: Arc<Shared>,
        record: ContainerRecord,
        exit: Option<ExitReceiver<ExitStatus>>,
    ) -> (Self, Handle) {
        let (sender, mailbox) = mpsc::unbounded_channel();
        let status = Status {
            record: Arc::new(record.clone()),
            health: None,
            exits: 0,
            last_code: record.state.exit_code,
            gone: false,
        };
        let (status, seen) = watch::channel(status);
        let handle = Handle {
            id: record.id.clone(),
            mailbox: sender,
            status: seen,
        };
        let mut actor = Self {
            checks: Checks::new(&record.config),
            shared,
            record,
            status,
            exit,
            pending: vec![],
            restart_at: None,
            backoff: FIRST_BACKOFF,
            stopping_to_start: false,
            unreleased: false,
            mailbox,
        };
        if actor.exit.is_some() {
            actor.begin_checks();
            actor.publish();
        }
        (actor, handle)
    }

    /// Lives until the container is removed or the engine ends.
    pub async fn run(mut self) {
        while !self.status.borrow().gone {
            match self.next().await {
                Next::Exited(status) => self.exited(status).await,
                Next::RunnerLost => self.runner_lost().await,
                Next::Asked(Some(command)) => self.handle(command).await,
                Next::Asked(None) => return,
                Next::Probed(result) => self.probed(result),
                Next::RestartDue => self.restart_by_policy().await,
            }
        }
    }

    async fn next(&mut self) -> Next {
        let exit = async {
            match &mut self.exit {
                None => std::future::pending().await,
                Some(exit) => match exit.wait_for(Option::is_some).await {
                    Ok(status) => status.clone().map_or(Next::RunnerLost, Next::Exited),
                    Err(_) => Next::RunnerLost,
                },
            }
        };
        let restart = async {
            match self.restart_at {
                None => std::future::pending().await,
                Some(at) => tokio::time::sleep_until(at).await,
            }
        };
        tokio::select! {
            biased;
            next = exit => next,
            command = self.mailbox.recv() => Next::Asked(command),
            result = self.checks.next() => Next::Probed(result),
            () = restart => Next::RestartDue,
        }
    }

    async fn handle(&mut self, command: Command) {
        // A client that went away needs no answer.
        match command {
            Command::Start(reply) => drop(reply.send(self.start_by_client().await)),
            Command::BeginStop { then_start, reply } => {
                drop(reply.send(self.begin_stop(then_start).await));
            }
            Command::Kill { signal, reply } => drop(reply.send(self.kill(signal).await)),
            Command::Freeze { frozen, reply } => drop(reply.send(self.freeze(frozen).await)),
            Command::Rename { name, reply } => drop(reply.send(self.rename(name).await)),
            Command::Remove { options, reply } => {
                drop(reply.send(self.remove(options).await));
            }
            Command::Attach { spec, stream } => self.attach(spec, stream).await,
        }
    }

    /// Shows the record and the health to everybody.
    pub fn publish(&self) {
        self.status.send_modify(|status| {
            status.record = Arc::new(self.record.clone());
            status.health = self.checks.health();
        });
    }

    /// Writes the record to the store.
    pub async fn store(&self) -> Result<()> {
        self.shared
            .records
            .put(Table::Containers, self.record.id.as_str(), &self.record)
            .await
    }

    /// Writes the record to the store, then shows it.
    pub async fn commit(&self) -> Result<()> {
        self.store().await?;
        self.publish();
        Ok(())
    }

    /// For work whose failure nobody waits for.
    pub fn note(&self, doing: &str, result: Result<()>) {
        if let Err(error) = result {
            tracing::warn!(
                container = self.record.id.short(),
                "failed to {doing}: {error}"
            );
        }
    }

    pub fn not_running(&self) -> Error {
        Error::NotRunning(self.record.id.to_string())
    }
}
