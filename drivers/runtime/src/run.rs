//! A run that the engine watches: the handle, and the task that owns the connection to its runner.
//!
//! ```text
//! handle --Command--> task --Request--> runner
//!        <--reply----      <--Reply----
//!        <--watch----      <--Exited, ExecExited
//! ```
//!
//! The task lives until the runner has closed the connection after tearing down, and until the handle
//! is dropped. When the connection is lost before the container's end was told, the task looks for the
//! runner again, then for `exit.json`, and at last declares the container killed.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palan_contracts::{ExitReceiver, Started};
use palan_model::runner::{ExitStatus, Message, Reply, Request};
use palan_model::{ExecId, Timestamp};
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot, watch};

use crate::connection::Connection;
use crate::error::RuntimeError;
use crate::recover::{self, Found};
use crate::run_dir::RunDir;

/// Exit code of what was killed by `SIGKILL`.
const KILLED: i32 = 128 + 9;
/// Requests that wait to be sent to one runner.
const QUEUE: usize = 16;

/// A request on its way to the task.
struct Command {
    request: Request,
    fds: Vec<OwnedFd>,
    reply: oneshot::Sender<Reply>,
}

type ExecSenders = Arc<Mutex<HashMap<ExecId, watch::Sender<Option<i32>>>>>;

/// The handle of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) pid: u32,
    pub(crate) started_at: Timestamp,
    commands: mpsc::Sender<Command>,
    exit: ExitReceiver<ExitStatus>,
    gone: watch::Receiver<bool>,
    execs: ExecSenders,
}

/// What the task needs of a run that was started or found.
pub(crate) struct Source {
    pub(crate) connection: Connection,
    /// The runner, when this engine spawned it.
    pub(crate) child: Option<Child>,
    pub(crate) dir: RunDir,
    /// The runner's program, to clean up after a runner that was killed.
    pub(crate) program: PathBuf,
}

impl Run {
    /// Spawns the task. `execs` are the exec'd processes that run already.
    pub(crate) fn watch(source: Source, pid: u32, started_at: Timestamp, execs: &[ExecId]) -> Self {
        let (commands, queue) = mpsc::channel(QUEUE);
        let (exit_sender, exit) = watch::channel(None);
        let (gone_sender, gone) = watch::channel(false);
        let senders = execs
            .iter()
            .map(|id| (id.clone(), watch::Sender::new(None)));
        let execs: ExecSenders = Arc::new(Mutex::new(senders.collect()));
        let task = Task {
            source,
            queue,
            exit: exit_sender,
            gone: gone_sender,
            removed: false,
            execs: Arc::clone(&execs),
            pending: HashMap::new(),
            next_seq: 1,
        };
        tokio::spawn(task.run());
        Self {
            pid,
            started_at,
            commands,
            exit,
            gone,
            execs,
        }
    }

    /// Sends a request and waits for the answer.
    pub(crate) async fn call(
        &self,
        request: Request,
        fds: Vec<OwnedFd>,
    ) -> Result<Reply, RuntimeError> {
        let (reply, answer) = oneshot::channel();
        let command = Command {
            request,
            fds,
            reply,
        };
        let sent = self.commands.send(command).await;
        sent.map_err(|_| RuntimeError::NotRunning)?;
        match answer.await {
            Ok(Reply::Failed(failure)) => Err(RuntimeError::Failed(failure)),
            Ok(reply) => Ok(reply),
            Err(_) => Err(RuntimeError::NotRunning),
        }
    }

    /// The container, as [`Runtime::start`](palan_contracts::Runtime::start) describes it.
    pub(crate) fn started(&self) -> Started {
        Started {
            pid: self.pid,
            at: self.started_at,
            exit: self.exit.clone(),
            attached: Vec::new(),
        }
    }

    /// How the container ended, if it has.
    pub(crate) fn exit_status(&self) -> Option<ExitStatus> {
        self.exit.borrow().clone()
    }

    /// Waits until the runner has torn everything down.
    pub(crate) async fn gone(&self) {
        // An error means that the task has ended: gone as well.
        let _ = self.gone.clone().wait_for(|gone| *gone).await;
    }

    /// Prepares to hear of the end of an exec'd process. Call it before the process is started.
    pub(crate) fn expect_exec(&self, id: &ExecId) -> ExitReceiver<i32> {
        let mut execs = lock(&self.execs);
        execs.entry(id.clone()).or_default().subscribe()
    }

    /// The exec'd process was not started after all.
    pub(crate) fn forget_exec(&self, id: &ExecId) {
        lock(&self.execs).remove(id);
    }
}

fn lock(execs: &ExecSenders) -> MutexGuard<'_, HashMap<ExecId, watch::Sender<Option<i32>>>> {
    execs.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Task {
    source: Source,
    queue: mpsc::Receiver<Command>,
    exit: watch::Sender<Option<ExitStatus>>,
    gone: watch::Sender<bool>,
    /// The runner has torn everything down.
    removed: bool,
    execs: ExecSenders,
    pending: HashMap<u64, oneshot::Sender<Reply>>,
    next_seq: u64,
}

impl Task {
    async fn run(mut self) {
        while self.serve().await && self.find_again().await {}
        self.queue.close();
        if self.exit.borrow().is_some() && !self.removed {
            self.reap().await;
        }
        self.gone.send_replace(true);
        // It may stay for a client that does not take its last bytes.
        if let Some(child) = &mut self.source.child
            && let Err(error) = child.wait().await
        {
            tracing::warn!(%error, run = %self.source.dir.path().display(), "cannot reap a runner");
        }
    }

    /// Passes messages in both directions. True when the connection was lost, false when nobody holds
    /// the handle any more.
    async fn serve(&mut self) -> bool {
        loop {
            tokio::select! {
                message = self.source.connection.receive() => match message {
                    Ok(Some(message)) => self.take(message),
                    Ok(None) => return true,
                    Err(error) => {
                        tracing::warn!(%error, "lost the connection to a runner");
                        return true;
                    }
                },
                command = self.queue.recv() => match command {
                    Some(command) => self.pass(command).await,
                    None => return false,
                },
            }
        }
    }

    async fn pass(&mut self, command: Command) {
        let seq = self.next_seq;
        self.next_seq += 1;
        // When sending fails the answer's sender is dropped, which is an answer too.
        if self
            .source
            .connection
            .send(seq, command.request, &command.fds)
            .await
            .is_ok()
        {
            self.pending.insert(seq, command.reply);
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Reply { seq, reply } => {
                if let Some(waiting) = self.pending.remove(&seq) {
                    // Whoever asked may have gone away.
                    let _ = waiting.send(reply);
                }
            }
            Message::ExecExited { id, code } => self.end_exec(&id, code),
            Message::Exited(status) => self.end(status),
            Message::Removed => self.removed = true,
        }
    }

    fn end_exec(&self, id: &ExecId, code: i32) {
        if let Some(sender) = lock(&self.execs).remove(id) {
            sender.send_replace(Some(code));
        }
    }

    fn end(&mut self, status: ExitStatus) {
        for exec in &status.execs {
            self.end_exec(&exec.id, exec.code);
        }
        for (_, sender) in lock(&self.execs).drain() {
            sender.send_replace(Some(KILLED));
        }
        self.exit.send_replace(Some(status));
        // Whatever was asked last is answered by the end.
        self.pending.clear();
    }

    /// After the connection was lost. True when the runner lives and is connected again.
    async fn find_again(&mut self) -> bool {
        self.pending.clear();
        if self.exit.borrow().is_some() {
            return false;
        }
        match recover::find(&self.source.dir).await {
            Ok(Found::Running { connection, .. }) => {
                self.source.connection = connection;
                return true;
            }
            Ok(Found::Exited(status)) => self.end(status),
            Ok(Found::Gone) => self.end_killed().await,
            Err(error) => {
                tracing::warn!(%error, "cannot tell what became of a runner");
                self.end_killed().await;
            }
        }
        false
    }

    /// The runner was killed. Its container goes with it.
    async fn end_killed(&mut self) {
        self.reap().await;
        self.end(ExitStatus {
            code: KILLED,
            oom_killed: false,
            started_at: None,
            finished_at: Timestamp::now(),
            execs: Vec::new(),
            failure: None,
        });
    }

    async fn reap(&mut self) {
        match recover::reap(&self.source.program, &self.source.dir).await {
            Ok(()) => self.removed = true,
            Err(error) => tracing::error!(%error, "something of a container may be left"),
        }
    }
}
