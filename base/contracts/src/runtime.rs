//! Running containers.

use std::os::fd::OwnedFd;

use async_trait::async_trait;
use palan_model::process::ProcessInfo;
use palan_model::runner::{AttachSpec, ExitStatus};
use palan_model::{ContainerId, ExecId, ProcessSpec, Resources, RunSpec, Signal, Timestamp};
use tokio::sync::watch;

use crate::Result;

/// An attached client's stream: see `palan_model::runner` for what it carries.
pub type AttachStream = tokio::net::UnixStream;

/// Becomes `Some` once, when the process has ended.
pub type ExitReceiver<T> = watch::Receiver<Option<T>>;

/// A container that was started.
#[derive(Debug)]
pub struct Started {
    /// Host PID of its first process.
    pub pid: u32,
    /// When the program was executed.
    pub at: Timestamp,
    /// How it will have ended.
    pub exit: ExitReceiver<ExitStatus>,
    /// One stream per entry of the start's `attach`, in order.
    pub attached: Vec<AttachStream>,
}

/// A process that was started beside the first.
#[derive(Debug)]
pub struct StartedExec {
    /// Host PID.
    pub pid: u32,
    /// Its exit code, when it has ended.
    pub exit: ExitReceiver<i32>,
    /// The stream, when one was asked for.
    pub attached: Option<AttachStream>,
}

/// What an engine that starts finds of a container.
#[derive(Debug)]
pub enum Recovered {
    /// It runs.
    Running {
        /// The container.
        started: Started,
        /// It is frozen.
        paused: bool,
        /// Exec'd processes that still run, and those that ended while no engine was there (PID 0).
        execs: Vec<(ExecId, StartedExec)>,
    },
    /// It ended, and this is how.
    Exited(ExitStatus),
    /// Nothing is known of it: it never started, or the host was restarted, or its runner was killed;
    /// its processes, if any were left, are killed now.
    Gone,
}

/// Starts and watches containers. A container, once started, does not need the engine.
#[async_trait]
pub trait Runtime: Send + Sync + 'static {
    /// Runs a container. The network namespace `netns` is joined when `spec.namespaces.net` is a join
    /// of the empty path. Nothing of it is left when this fails, and the error carries the exit code.
    async fn start(
        &self,
        spec: RunSpec,
        netns: Option<OwnedFd>,
        attach: Vec<AttachSpec>,
    ) -> Result<Started>;

    /// Looks for a container that an earlier engine started. Idempotent.
    async fn recover(&self, id: &ContainerId) -> Result<Recovered>;

    /// Every container that has traces of a run, for reconciliation.
    async fn list(&self) -> Result<Vec<ContainerId>>;

    /// Starts a process in a running container.
    async fn exec(
        &self,
        id: &ContainerId,
        exec: &ExecId,
        process: ProcessSpec,
        attach: Option<AttachSpec>,
    ) -> Result<StartedExec>;

    /// Attaches to a running container.
    async fn attach(&self, id: &ContainerId, attach: AttachSpec) -> Result<AttachStream>;

    /// Sends a signal to the first process, or to an exec'd one.
    ///
    /// # Errors
    /// `Conflict` when it is not running.
    async fn signal(&self, id: &ContainerId, exec: Option<&ExecId>, signal: Signal) -> Result<()>;

    /// Sets the size of a terminal: rows, columns.
    async fn resize(&self, id: &ContainerId, exec: Option<&ExecId>, size: [u16; 2]) -> Result<()>;

    /// Freezes or thaws all processes.
    async fn freeze(&self, id: &ContainerId, frozen: bool) -> Result<()>;

    /// Changes limits.
    async fn update(&self, id: &ContainerId, resources: &Resources) -> Result<()>;

    /// All processes of the container, by PID of the host.
    async fn processes(&self, id: &ContainerId) -> Result<Vec<ProcessInfo>>;

    /// Removes every trace of a run that has ended: run directory, left-over cgroups. Idempotent.
    async fn release(&self, id: &ContainerId) -> Result<()>;

    /// Removes the cgroup that all containers had as their parent, unless one is left. Idempotent.
    async fn tidy(&self, cgroup_parent: &str) -> Result<()>;
}
