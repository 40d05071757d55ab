//! Processes beside a container's first.
//!
//! Instances live in memory: as long as they may run, and some minutes longer for clients that ask
//! how they ended (see [`table`]). The runner keeps the processes, so a new engine finds those that
//! run.

mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use palan_contracts::StartedExec;
use palan_model::container::Phase;
use palan_model::runner::AttachSpec;
use palan_model::{ContainerRecord, ErrorKind, ExecId, ExecRecord, ExecSpec};
use tokio::sync::oneshot;

pub(crate) use table::ExecTable;

use crate::containers::{Attachment, Containers, Ended, PendingStream, plan_exec_process};
use crate::task::to_completion;
use crate::{Error, Result};

/// How to start an instance.
#[derive(Clone, Copy, Debug, Default)]
pub struct StartExec {
    /// Do not attach.
    pub detach: bool,
    /// Rows and columns of the terminal at start.
    pub console_size: Option<[u16; 2]>,
}

/// The exec instances of one engine.
#[derive(Clone)]
pub struct Execs {
    containers: Containers,
}

impl Execs {
    pub(crate) fn new(containers: Containers) -> Self {
        Self { containers }
    }

    fn table(&self) -> &ExecTable {
        &self.containers.shared().execs
    }

    /// Makes an instance; nothing runs yet.
    ///
    /// # Errors
    /// When the container does not run or is paused, or there is no command.
    pub fn create(&self, container: &str, spec: ExecSpec) -> Result<ExecId> {
        let record = self.running(container)?;
        if spec.cmd.is_empty() {
            return Err(Error::InvalidParameter(
                "No exec command specified".to_owned(),
            ));
        }
        let exec = ExecRecord {
            id: ExecId::random(),
            container: record.id.clone(),
            running: false,
            exit_code: None,
            pid: 0,
            can_remove: false,
            spec,
        };
        let id = exec.id.clone();
        self.event(
            &record,
            &format!("exec_create: {}", command(&exec.spec)),
            &id,
            None,
        );
        self.table().insert(exec);
        Ok(id)
    }

    fn running(&self, container: &str) -> Result<Arc<ContainerRecord>> {
        let record = self.containers.find(container)?.record();
        match record.state.phase {
            Phase::Running => Ok(record),
            Phase::Paused => Err(Error::Paused(container.to_owned())),
            Phase::Restarting => Err(Error::Conflict(format!(
                "Container {} is restarting, wait until the container is running",
                record.id
            ))),
            _ => Err(Error::NotRunning(record.id.to_string())),
        }
    }

    /// One instance that can be started now.
    ///
    /// # Errors
    /// When there is none, it ran already, or its container does not run.
    pub fn startable(&self, id: &str) -> Result<ExecRecord> {
        let exec = self.table().get(id)?;
        check_fresh(&exec, id)?;
        self.running(exec.container.as_str())?;
        Ok(exec)
    }

    /// Starts an instance; once only. The attachment is none when detached.
    ///
    /// # Errors
    /// When it ran already, its container does not run, or the program cannot be executed.
    pub async fn start(&self, id: &str, options: StartExec) -> Result<Option<Attachment>> {
        let (execs, id) = (self.clone(), id.to_owned());
        to_completion(async move { execs.apply_start(&id, options).await }).await
    }

    async fn apply_start(&self, id: &str, options: StartExec) -> Result<Option<Attachment>> {
        let record = self.running(self.table().get(id)?.container.as_str())?;
        let exec = self.table().claim(id)?;
        self.event(
            &record,
            &format!("exec_start: {}", command(&exec.spec)),
            &exec.id,
            None,
        );
        match self.run(&record, &exec, options).await {
            Ok(started) => Ok(self.started(&record, exec, started)),
            Err(error) => {
                self.table().end(&exec.id, exit_code(&error));
                Err(start_error(error))
            }
        }
    }

    async fn run(
        &self,
        record: &ContainerRecord,
        exec: &ExecRecord,
        options: StartExec,
    ) -> Result<StartedExec> {
        let mut spec = exec.spec.clone();
        spec.console_size = options.console_size.or(spec.console_size);
        let process = plan_exec_process(self.containers.shared(), record, &spec).await?;
        let attach = (!options.detach).then_some(AttachSpec {
            stdin: spec.attach_stdin,
            stdout: spec.attach_stdout,
            stderr: spec.attach_stderr,
        });
        let runtime = &self.containers.shared().drivers.runtime;
        Ok(runtime.exec(&record.id, &exec.id, process, attach).await?)
    }

    fn started(
        &self,
        record: &Arc<ContainerRecord>,
        exec: ExecRecord,
        started: StartedExec,
    ) -> Option<Attachment> {
        self.table().set_pid(&exec.id, started.pid);
        let (execs, record, id) = (self.clone(), record.clone(), exec.id.clone());
        let (told, ended) = oneshot::channel();
        self.table()
            .clone()
            .watch(exec.id, started.exit, move |code| {
                execs.event(&record, "exec_die", &id, Some(code));
                // A client that did not attach does not ask.
                let _ = told.send(());
            });
        let stream = started.attached?;
        Some(Attachment {
            tty: exec.spec.tty,
            logs: None,
            stream: Some(PendingStream::now(stream)),
            ended: Some(Ended(ended)),
        })
    }

    /// One instance.
    ///
    /// # Errors
    /// When there is none.
    pub fn inspect(&self, id: &str) -> Result<ExecRecord> {
        self.table().get(id)
    }

    /// Sets rows and columns of an instance's terminal.
    ///
    /// # Errors
    /// When there is no such instance or it does not run.
    pub async fn resize(&self, id: &str, size: [u16; 2]) -> Result<()> {
        let exec = self.inspect(id)?;
        if !exec.running {
            return Err(Error::Conflict(format!("Exec command {id} is not running")));
        }
        let runtime = &self.containers.shared().drivers.runtime;
        Ok(runtime
            .resize(&exec.container, Some(&exec.id), size)
            .await?)
    }

    fn event(&self, record: &ContainerRecord, action: &str, id: &ExecId, code: Option<i32>) {
        let code = code.map(|code| ("exitCode", code.to_string()));
        let attributes = std::iter::once(("execID", id.to_string())).chain(code);
        self.containers.shared().event(record, action, attributes);
    }
}

/// Docker joins program and arguments and leaves a blank at the end when there are none.
fn command(spec: &ExecSpec) -> String {
    let (program, arguments) = spec
        .cmd
        .split_first()
        .map_or(("", &[][..]), |(p, a)| (p.as_str(), a));
    format!("{program} {}", arguments.join(" "))
}

fn check_fresh(exec: &ExecRecord, id: &str) -> Result<()> {
    let state = match (exec.exit_code, exec.running) {
        (Some(_), _) => "has already run",
        (None, true) => "is already running",
        (None, false) => return Ok(()),
    };
    Err(Error::Conflict(format!("Error: Exec command {id} {state}")))
}

fn exit_code(error: &Error) -> i32 {
    match error {
        Error::Driver(error) => error
            .exit_code()
            .filter(|code| matches!(code, 126 | 127))
            .unwrap_or(126),
        _ => 126,
    }
}

fn start_error(error: Error) -> Error {
    match error {
        Error::Driver(error) if matches!(error.exit_code(), Some(126 | 127)) => {
            Error::StartFailed {
                kind: ErrorKind::InvalidParameter,
                exit_code: error.exit_code().unwrap_or(126),
                message: format!(
                    "OCI runtime exec failed: exec failed: unable to start container process: {}: \
                     unknown",
                    error.chain()
                ),
            }
        }
        error => error,
    }
}
