//! A runtime whose programs do what the test says.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use async_trait::async_trait;
use palan_model::process::ProcessInfo;
use palan_model::runner::{AttachSpec, ExitStatus};
use palan_model::{ContainerId, ErrorKind, ExecId, ProcessSpec, Resources, RunSpec, Signal};
use tokio::net::UnixStream;
use tokio::sync::watch;

use super::World;
use crate::{AttachStream, Clock, Error, Recovered, Result, Runtime, Started, StartedExec};

/// What a container's program does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Program {
    /// It runs until it is killed.
    #[default]
    RunsOn,
    /// It ends at once with this code.
    Ends(i32),
    /// It cannot be executed.
    Missing,
}

/// What a process does that is started in a running container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExecProgram {
    /// `true` ends with 0, all others with 1; they write nothing.
    #[default]
    ByName,
    /// It writes this to its standard output and ends.
    Ends {
        /// Exit code.
        code: i32,
        /// Output.
        output: &'static str,
    },
    /// It runs until it is killed.
    RunsOn,
    /// It cannot be executed.
    Missing,
}

/// A process that runs beside the first.
#[derive(Debug)]
struct FakeExec {
    exit: watch::Sender<Option<i32>>,
    /// Our end of the client's stream, open as long as the process runs.
    _attached: Option<UnixStream>,
}

/// One run.
#[derive(Debug)]
pub struct FakeRun {
    /// What it was started with.
    pub spec: RunSpec,
    /// Frozen.
    pub frozen: bool,
    /// Processes beside the first that have not ended.
    execs: BTreeMap<ExecId, FakeExec>,
    exit: watch::Sender<Option<ExitStatus>>,
    started_at: palan_model::Timestamp,
}

impl FakeRun {
    /// It has not ended.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.exit.borrow().is_none()
    }

    fn end(&self, code: i32, now: palan_model::Timestamp) {
        self.exit.send_if_modified(|exit| {
            let ends = exit.is_none();
            exit.get_or_insert(ExitStatus {
                code,
                oom_killed: false,
                started_at: Some(self.started_at),
                finished_at: now,
                execs: vec![],
                failure: None,
            });
            ends
        });
    }

    fn started(&self) -> Started {
        Started {
            pid: 42,
            at: self.started_at,
            exit: self.exit.subscribe(),
            attached: vec![],
        }
    }
}

impl World {
    /// Ends a container's program from outside the engine.
    pub fn end_program(&self, id: &ContainerId, code: i32) {
        let now = self.now();
        if let Some(run) = self.contents().runs.get(id) {
            run.end(code, now);
        }
    }

    /// Loses a run without a trace, as a restart of the host does.
    pub fn lose_run(&self, id: &ContainerId) {
        self.contents().runs.remove(id);
    }
}

fn not_running(id: &ContainerId) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("container {id} is not running"),
    )
}

#[async_trait]
impl Runtime for World {
    async fn start(
        &self,
        spec: RunSpec,
        _netns: Option<OwnedFd>,
        attach: Vec<AttachSpec>,
    ) -> Result<Started> {
        let now = self.now();
        let id = spec.id.clone();
        let program = self.contents().program;
        if program == Program::Missing {
            self.step().await;
            return Err(missing(&spec.process.args[0]));
        }
        let mut started = self
            .effect(move |contents| {
                let (exit, _) = watch::channel(None);
                let run = FakeRun {
                    spec,
                    frozen: false,
                    execs: BTreeMap::new(),
                    exit,
                    started_at: now,
                };
                if let Program::Ends(code) = program {
                    run.end(code, now);
                }
                let started = run.started();
                contents.runs.insert(id, run);
                started
            })
            .await;
        for _ in attach {
            started.attached.push(stream()?);
        }
        Ok(started)
    }

    async fn recover(&self, id: &ContainerId) -> Result<Recovered> {
        let contents = self.contents();
        let Some(run) = contents.runs.get(id) else {
            return Ok(Recovered::Gone);
        };
        let ended = run.exit.borrow().clone();
        Ok(match ended {
            Some(exit) => Recovered::Exited(exit),
            None => Recovered::Running {
                started: run.started(),
                paused: run.frozen,
                execs: vec![],
            },
        })
    }

    async fn list(&self) -> Result<Vec<ContainerId>> {
        Ok(self.contents().runs.keys().cloned().collect())
    }

    async fn exec(
        &self,
        id: &ContainerId,
        exec: &ExecId,
        process: ProcessSpec,
        attach: Option<AttachSpec>,
    ) -> Result<StartedExec> {
        let mut contents = self.contents();
        let program = contents.exec_program;
        let run = contents.runs.get_mut(id).filter(|run| run.is_alive());
        let run = run.ok_or_else(|| not_running(id))?;
        let (code, output) = match program {
            ExecProgram::ByName => (Some(i32::from(process.args != ["true"])), ""),
            ExecProgram::Ends { code, output } => (Some(code), output),
            ExecProgram::RunsOn => (None, ""),
            ExecProgram::Missing => return Err(missing(&process.args[0])),
        };
        let (sender, exit) = watch::channel(code);
        let (theirs, ours) = match attach {
            None => (None, None),
            Some(_) => {
                let (theirs, ours) = printed(output)?;
                (Some(theirs), Some(ours))
            }
        };
        if code.is_none() {
            let process = FakeExec {
                exit: sender,
                _attached: ours,
            };
            run.execs.insert(exec.clone(), process);
        }
        Ok(StartedExec {
            pid: 43,
            exit,
            attached: theirs,
        })
    }

    async fn attach(&self, id: &ContainerId, _attach: AttachSpec) -> Result<AttachStream> {
        if self.contents().runs.get(id).is_some_and(FakeRun::is_alive) {
            stream()
        } else {
            Err(not_running(id))
        }
    }

    async fn signal(&self, id: &ContainerId, exec: Option<&ExecId>, signal: Signal) -> Result<()> {
        let now = self.now();
        self.effect(|contents| {
            let run = contents.runs.get_mut(id).filter(|run| run.is_alive());
            let run = run.ok_or_else(|| not_running(id))?;
            if !matches!(signal, Signal::KILL | Signal::TERM) {
                return Ok(());
            }
            let code = 128 + signal.number();
            match exec {
                None => run.end(code, now),
                Some(exec) => {
                    let process = run.execs.remove(exec).ok_or_else(|| not_running(id))?;
                    process.exit.send_replace(Some(code));
                }
            }
            Ok(())
        })
        .await
    }

    async fn resize(
        &self,
        _id: &ContainerId,
        _exec: Option<&ExecId>,
        _size: [u16; 2],
    ) -> Result<()> {
        Ok(())
    }

    async fn freeze(&self, id: &ContainerId, frozen: bool) -> Result<()> {
        self.effect(|contents| {
            let run = contents.runs.get_mut(id).ok_or_else(|| not_running(id))?;
            run.frozen = frozen;
            Ok(())
        })
        .await
    }

    async fn update(&self, _id: &ContainerId, _resources: &Resources) -> Result<()> {
        Ok(())
    }

    async fn processes(&self, _id: &ContainerId) -> Result<Vec<ProcessInfo>> {
        Ok(vec![])
    }

    async fn tidy(&self, _cgroup_parent: &str) -> Result<()> {
        Ok(())
    }

    async fn release(&self, id: &ContainerId) -> Result<()> {
        self.effect(|contents| contents.runs.remove(id)).await;
        Ok(())
    }
}

fn missing(program: &str) -> Error {
    let text = format!("exec: {program:?}: executable file not found in $PATH");
    Error::new(ErrorKind::InvalidParameter, text).with_exit_code(127)
}

/// A client's stream and the other end, which has written one frame of standard output.
fn printed(output: &str) -> Result<(AttachStream, UnixStream)> {
    let (theirs, ours) =
        UnixStream::pair().map_err(|error| Error::new(ErrorKind::System, error))?;
    let length = u32::try_from(output.len()).expect("tests write little");
    let mut frame = vec![1, 0, 0, 0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(output.as_bytes());
    let written = ours
        .try_write(&frame)
        .map_err(|error| Error::new(ErrorKind::System, error))?;
    assert_eq!(written, frame.len(), "an empty socket takes a short frame");
    Ok((theirs, ours))
}

/// A stream whose other end is gone: a program that says nothing.
fn stream() -> Result<AttachStream> {
    let (ours, _) = UnixStream::pair().map_err(|error| Error::new(ErrorKind::System, error))?;
    Ok(ours)
}
