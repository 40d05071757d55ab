//! `contracts::Runtime`, method by method.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use palan_contracts::{self as contracts, AttachStream, Recovered, Runtime, Started, StartedExec};
use palan_model::process::ProcessInfo;
use palan_model::runner::{AttachSpec, Reply, Request, RunnerStatus};
use palan_model::{ContainerId, ExecId, ProcessSpec, Resources, RunSpec, Signal};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::error::RuntimeError;
use crate::processes;
use crate::recover::{self, Found};
use crate::run::{Run, Source};
use crate::run_dir::{self, RunDir};
use crate::spawn::{self, Company};
use crate::tidy;

/// Tearing down takes a few milliseconds; a runner that needs this long is stuck.
const TEARDOWN_LIMIT: Duration = Duration::from_secs(30);

/// Runs containers on this host, one `palan-runner` each.
///
/// Dropping it ends no container. Its methods must be called within a tokio runtime.
#[derive(Debug)]
pub struct LinuxRuntime {
    program: PathBuf,
    run_root: PathBuf,
    runs: Mutex<HashMap<ContainerId, Arc<Run>>>,
}

impl LinuxRuntime {
    /// `program` is the file of `palan-runner`; run directories are made below
    /// `<run_root>/containers`. Both paths are absolute.
    #[must_use]
    pub fn new(program: PathBuf, run_root: PathBuf) -> Self {
        Self {
            program,
            run_root,
            runs: Mutex::default(),
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<ContainerId, Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, id: &ContainerId) -> Option<Arc<Run>> {
        self.runs().get(id).cloned()
    }

    fn run(&self, id: &ContainerId) -> Result<Arc<Run>, RuntimeError> {
        self.known(id).ok_or(RuntimeError::NotRunning)
    }

    async fn call(&self, id: &ContainerId, request: Request) -> Result<Reply, RuntimeError> {
        self.run(id)?.call(request, Vec::new()).await
    }

    /// Waits until an ended run has left the cgroups and the root file system.
    async fn wait_gone(&self, run: &Run) -> Result<(), RuntimeError> {
        if run.exit_status().is_none() {
            return Err(RuntimeError::StillRunning);
        }
        let gone = timeout(TEARDOWN_LIMIT, run.gone()).await;
        gone.map_err(|_| RuntimeError::Silent)
    }

    fn adopt(&self, id: &ContainerId, source: Source, status: &RunnerStatus) -> Arc<Run> {
        let execs: Vec<ExecId> = status.execs.iter().map(|(id, _)| id.clone()).collect();
        let at = status.started_at.unwrap_or_default();
        let run = Arc::new(Run::watch(source, status.pid, at, &execs));
        self.runs().insert(id.clone(), Arc::clone(&run));
        run
    }
}

/// Describes a run that goes on.
fn running(run: &Run, status: RunnerStatus) -> Recovered {
    let live = status.execs.into_iter().map(|(id, pid)| {
        let exit = run.expect_exec(&id);
        (
            id,
            StartedExec {
                pid,
                exit,
                attached: None,
            },
        )
    });
    let mut execs: Vec<_> = live.collect();
    for ended in status.ended {
        let exit = watch::Sender::new(Some(ended.code)).subscribe();
        execs.push((
            ended.id,
            StartedExec {
                pid: 0,
                exit,
                attached: None,
            },
        ));
    }
    Recovered::Running {
        started: run.started(),
        paused: status.paused,
        execs,
    }
}

#[async_trait]
impl Runtime for LinuxRuntime {
    async fn start(
        &self,
        spec: RunSpec,
        netns: Option<OwnedFd>,
        attach: Vec<AttachSpec>,
    ) -> contracts::Result<Started> {
        if let Some(earlier) = self.known(&spec.id) {
            self.wait_gone(&earlier)
                .await
                .map_err(RuntimeError::of_start)?;
        }
        let dir = RunDir::new(&self.run_root, &spec.id);
        let company = Company { netns, attach };
        let started = spawn::start(&self.program, dir, &spec, company).await;
        let (run, attached) = started.map_err(RuntimeError::of_start)?;
        let started = Started {
            attached,
            ..run.started()
        };
        self.runs().insert(spec.id, Arc::new(run));
        Ok(started)
    }

    async fn recover(&self, id: &ContainerId) -> contracts::Result<Recovered> {
        if let Some(run) = self.known(id) {
            if let Some(status) = run.exit_status() {
                return Ok(Recovered::Exited(status));
            }
            return match run.call(Request::Status, Vec::new()).await? {
                Reply::Status(status) => Ok(running(&run, status)),
                _ => Err(RuntimeError::Confused.into()),
            };
        }
        let dir = RunDir::new(&self.run_root, id);
        match recover::find(&dir).await? {
            Found::Running { connection, status } => {
                let source = Source {
                    connection,
                    child: None,
                    dir,
                    program: self.program.clone(),
                };
                let run = self.adopt(id, source, &status);
                Ok(running(&run, status))
            }
            Found::Exited(status) => Ok(Recovered::Exited(status)),
            Found::Gone => {
                recover::reap(&self.program, &dir).await?;
                Ok(Recovered::Gone)
            }
        }
    }

    async fn list(&self) -> contracts::Result<Vec<ContainerId>> {
        Ok(run_dir::list(&self.run_root)?)
    }

    async fn exec(
        &self,
        id: &ContainerId,
        exec: &ExecId,
        process: ProcessSpec,
        attach: Option<AttachSpec>,
    ) -> contracts::Result<StartedExec> {
        let run = self.run(id)?;
        let (attached, fds) = match attach {
            Some(_) => {
                let (stream, runners) = spawn::attach_pair()?;
                (Some(stream), vec![runners])
            }
            None => (None, Vec::new()),
        };
        let request = Request::Exec {
            id: exec.clone(),
            process,
            attach,
        };
        let exit = run.expect_exec(exec);
        match run.call(request, fds).await {
            Ok(Reply::Started { pid, .. }) => Ok(StartedExec {
                pid,
                exit,
                attached,
            }),
            Ok(_) => Err(RuntimeError::Confused.into()),
            Err(error) => {
                run.forget_exec(exec);
                Err(error.into())
            }
        }
    }

    async fn attach(
        &self,
        id: &ContainerId,
        attach: AttachSpec,
    ) -> contracts::Result<AttachStream> {
        let run = self.run(id)?;
        let (stream, runners) = spawn::attach_pair()?;
        run.call(Request::Attach(attach), vec![runners]).await?;
        Ok(stream)
    }

    async fn signal(
        &self,
        id: &ContainerId,
        exec: Option<&ExecId>,
        signal: Signal,
    ) -> contracts::Result<()> {
        let exec = exec.cloned();
        self.call(id, Request::Signal { exec, signal }).await?;
        Ok(())
    }

    async fn resize(
        &self,
        id: &ContainerId,
        exec: Option<&ExecId>,
        size: [u16; 2],
    ) -> contracts::Result<()> {
        let [rows, columns] = size;
        let exec = exec.cloned();
        self.call(
            id,
            Request::Resize {
                exec,
                rows,
                columns,
            },
        )
        .await?;
        Ok(())
    }

    async fn freeze(&self, id: &ContainerId, frozen: bool) -> contracts::Result<()> {
        let request = if frozen {
            Request::Pause
        } else {
            Request::Resume
        };
        self.call(id, request).await?;
        Ok(())
    }

    async fn update(&self, id: &ContainerId, resources: &Resources) -> contracts::Result<()> {
        self.call(id, Request::Update(resources.clone())).await?;
        Ok(())
    }

    async fn processes(&self, id: &ContainerId) -> contracts::Result<Vec<ProcessInfo>> {
        match self.call(id, Request::Processes).await? {
            Reply::Processes(pids) => Ok(processes::describe(pids).await?),
            _ => Err(RuntimeError::Confused.into()),
        }
    }

    async fn tidy(&self, cgroup_parent: &str) -> contracts::Result<()> {
        Ok(tidy::remove_parent(cgroup_parent)?)
    }

    async fn release(&self, id: &ContainerId) -> contracts::Result<()> {
        let dir = RunDir::new(&self.run_root, id);
        match self.known(id) {
            Some(run) => self.wait_gone(&run).await?,
            None => match recover::find(&dir).await? {
                Found::Running { .. } => return Err(RuntimeError::StillRunning.into()),
                // Its runner may have been killed before or while it tore down.
                Found::Exited(_) | Found::Gone => recover::reap(&self.program, &dir).await?,
            },
        }
        dir.remove()?;
        self.runs().remove(id);
        Ok(())
    }
}
