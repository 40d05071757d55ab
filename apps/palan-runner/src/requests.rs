//! What engines ask of a running container, request by request.

use std::os::fd::OwnedFd;

use palan_container::StartError;
use palan_model::runner::{AttachSpec, Failure, Reply, Request, RunnerStatus};
use palan_model::{ErrorKind, ExecId, ProcessSpec, Timestamp};

use crate::process::Process;
use crate::runner::Runner;
use crate::stdio;

impl Runner {
    /// Carries out a request. Descriptors that it does not need are closed.
    pub fn answer(&mut self, request: Request, fds: Vec<OwnedFd>) -> Reply {
        let answered = match request {
            Request::Start { .. } => Err(conflict("container was started before")),
            Request::Exec {
                id,
                process,
                attach,
            } => self.exec(id, &process, attach, fds),
            Request::Attach(wants) => self.attach(wants, fds),
            Request::Signal { exec, signal } => self.signal(exec.as_ref(), signal.number()),
            Request::Resize {
                exec,
                rows,
                columns,
            } => self.resize(exec.as_ref(), rows, columns),
            Request::Pause => self.freeze(true),
            Request::Resume => self.freeze(false),
            Request::Update(resources) => self.update(&resources),
            Request::Processes => self.pids(),
            Request::Status => Ok(Reply::Status(self.status())),
        };
        answered.unwrap_or_else(Reply::Failed)
    }

    fn exec(
        &mut self,
        id: ExecId,
        spec: &ProcessSpec,
        attach: Option<AttachSpec>,
        fds: Vec<OwnedFd>,
    ) -> Result<Reply, Failure> {
        if self.processes.iter().any(|p| p.exec.as_ref() == Some(&id)) {
            return Err(conflict("exec was started before"));
        }
        if self.paused {
            // It would freeze on its way in, and this process would wait for it for ever.
            return Err(conflict("container is paused"));
        }
        let wants = attach.unwrap_or_default();
        let (stdio, mut ends) = stdio::make(spec.tty, wants).map_err(failed("make streams"))?;
        ends.closes_input = true;
        let mut started = self.container()?.exec(spec, stdio).map_err(start_failure)?;
        let at = Timestamp::now();
        if let Some(console) = started.console.take() {
            let added = stdio::add_console(&mut ends, console, wants.stdin);
            added.map_err(failed("take the terminal"))?;
        }
        let (number, pid) = (self.take_number(), started.pid);
        let mut process =
            Process::new(number, Some(id), started, ends).map_err(failed("take the streams"))?;
        if let Some(socket) = fds.into_iter().next() {
            process.streams.attach(wants, socket);
        }
        self.processes.push(process);
        Ok(Reply::Started { pid, at })
    }

    fn attach(&mut self, wants: AttachSpec, fds: Vec<OwnedFd>) -> Result<Reply, Failure> {
        let socket = fds.into_iter().next().ok_or_else(|| Failure {
            kind: ErrorKind::InvalidParameter,
            exit_code: None,
            message: "attach without a socket".to_owned(),
        })?;
        self.target(None)?.streams.attach(wants, socket);
        Ok(Reply::Done)
    }

    fn signal(&mut self, exec: Option<&ExecId>, number: i32) -> Result<Reply, Failure> {
        let process = self.target(exec)?;
        process.signal(number).map_err(|error| {
            if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) {
                return conflict("process has ended");
            }
            failed("send the signal")(error)
        })?;
        Ok(Reply::Done)
    }

    fn resize(&mut self, exec: Option<&ExecId>, rows: u16, columns: u16) -> Result<Reply, Failure> {
        let streams = &self.target(exec)?.streams;
        streams
            .resize(rows, columns)
            .map_err(failed("resize the terminal"))?;
        Ok(Reply::Done)
    }

    fn freeze(&mut self, frozen: bool) -> Result<Reply, Failure> {
        let done = self.container()?.freeze(frozen);
        done.map_err(failed(if frozen {
            "freeze the container"
        } else {
            "thaw the container"
        }))?;
        self.paused = frozen;
        Ok(Reply::Done)
    }

    fn update(&mut self, resources: &palan_model::Resources) -> Result<Reply, Failure> {
        self.container()?
            .update(resources)
            .map_err(failed("change the limits"))?;
        Ok(Reply::Done)
    }

    fn pids(&self) -> Result<Reply, Failure> {
        let pids = self
            .container()?
            .processes()
            .map_err(failed("list processes"))?;
        Ok(Reply::Processes(pids))
    }

    fn status(&self) -> RunnerStatus {
        let running = self.processes.iter().filter(|p| p.end.is_none());
        RunnerStatus {
            pid: self.processes.first().map_or(0, |first| first.pid),
            started_at: Some(self.started_at),
            paused: self.paused,
            execs: running
                .filter_map(|p| Some((p.exec.clone()?, p.pid)))
                .collect(),
            ended: self.ended.clone(),
        }
    }

    fn container(&self) -> Result<&palan_container::Container, Failure> {
        self.container
            .as_ref()
            .ok_or_else(|| conflict("container has ended"))
    }

    /// The process that a request is about, while it runs.
    fn target(&mut self, exec: Option<&ExecId>) -> Result<&mut Process, Failure> {
        let found = self.processes.iter_mut().find(|p| p.exec.as_ref() == exec);
        match found {
            Some(process) if process.end.is_none() => Ok(process),
            _ if exec.is_none() => Err(conflict("container has ended")),
            _ => Err(conflict("exec'd process has ended")),
        }
    }
}

fn conflict(message: &str) -> Failure {
    Failure {
        kind: ErrorKind::Conflict,
        exit_code: None,
        message: message.to_owned(),
    }
}

/// Names what failed.
pub fn failed<E: std::fmt::Display>(operation: &'static str) -> impl Fn(E) -> Failure {
    move |error| Failure {
        kind: ErrorKind::System,
        exit_code: None,
        message: format!("{operation}: {error}"),
    }
}

/// The failure of a container's or a process's start.
pub fn start_failure(error: StartError) -> Failure {
    Failure {
        kind: error.kind,
        exit_code: Some(error.exit_code),
        message: error.message,
    }
}
