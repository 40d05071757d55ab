//! The fake runtime with streams that a test holds the other ends of, and a log with two lines.

use std::os::fd::OwnedFd;

use async_trait::async_trait;
use palan_contracts::fakes::World;
use palan_contracts::{
    AttachStream, LogReader, LogStore, Recovered, Result, Runtime, Started, StartedExec,
};
use palan_model::log::{LogEntry, LogQuery, LogSpec, StdStream};
use palan_model::process::ProcessInfo;
use palan_model::runner::AttachSpec;
use palan_model::{ContainerId, ExecId, ProcessSpec, Resources, RunSpec, Signal};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};

pub struct Streaming {
    pub world: World,
    pub ends: mpsc::UnboundedSender<UnixStream>,
}

impl Streaming {
    fn stream(&self) -> AttachStream {
        let (ours, theirs) = UnixStream::pair().unwrap();
        self.ends.send(theirs).unwrap();
        ours
    }
}

#[async_trait]
impl Runtime for Streaming {
    async fn start(
        &self,
        spec: RunSpec,
        netns: Option<OwnedFd>,
        attach: Vec<AttachSpec>,
    ) -> Result<Started> {
        let mut started = self.world.start(spec, netns, vec![]).await?;
        started.attached = attach.iter().map(|_| self.stream()).collect();
        Ok(started)
    }

    async fn recover(&self, id: &ContainerId) -> Result<Recovered> {
        self.world.recover(id).await
    }

    async fn list(&self) -> Result<Vec<ContainerId>> {
        Runtime::list(&self.world).await
    }

    async fn exec(
        &self,
        id: &ContainerId,
        exec: &ExecId,
        process: ProcessSpec,
        attach: Option<AttachSpec>,
    ) -> Result<StartedExec> {
        if process.args == ["missing"] {
            let text = "exec: \"missing\": executable file not found in $PATH";
            let kind = palan_model::ErrorKind::InvalidParameter;
            return Err(palan_contracts::Error::new(kind, text).with_exit_code(127));
        }
        let mut started = self.world.exec(id, exec, process, None).await?;
        started.attached = attach.map(|_| self.stream());
        Ok(started)
    }

    async fn attach(&self, _id: &ContainerId, _attach: AttachSpec) -> Result<AttachStream> {
        Ok(self.stream())
    }

    async fn signal(&self, id: &ContainerId, exec: Option<&ExecId>, signal: Signal) -> Result<()> {
        self.world.signal(id, exec, signal).await
    }

    async fn resize(&self, id: &ContainerId, exec: Option<&ExecId>, size: [u16; 2]) -> Result<()> {
        self.world.resize(id, exec, size).await
    }

    async fn freeze(&self, id: &ContainerId, frozen: bool) -> Result<()> {
        self.world.freeze(id, frozen).await
    }

    async fn update(&self, id: &ContainerId, resources: &Resources) -> Result<()> {
        self.world.update(id, resources).await
    }

    async fn processes(&self, id: &ContainerId) -> Result<Vec<ProcessInfo>> {
        self.world.processes(id).await
    }

    async fn tidy(&self, cgroup_parent: &str) -> Result<()> {
        self.world.tidy(cgroup_parent).await
    }

    async fn release(&self, id: &ContainerId) -> Result<()> {
        self.world.release(id).await
    }
}

/// Every container wrote `out` and `err`, and writes nothing more.
pub struct Logged;

struct Reader {
    entries: std::vec::IntoIter<LogEntry>,
    alive: watch::Receiver<bool>,
}

#[async_trait]
impl LogStore for Logged {
    async fn read(
        &self,
        _log: &LogSpec,
        query: LogQuery,
        alive: watch::Receiver<bool>,
    ) -> Result<Box<dyn LogReader>> {
        let entry = |stream, text: &str| LogEntry {
            stream,
            time: "2026-11-25T07:12:14.5Z".parse().unwrap(),
            message: text.as_bytes().to_vec(),
        };
        let mut entries = vec![];
        if query.stdout {
            entries.push(entry(StdStream::Stdout, "out\n"));
        }
        if query.stderr {
            entries.push(entry(StdStream::Stderr, "err\n"));
        }
        Ok(Box::new(Reader {
            entries: entries.into_iter(),
            alive,
        }))
    }

    async fn remove(&self, _log: &LogSpec) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl LogReader for Reader {
    async fn next(&mut self) -> Result<Option<LogEntry>> {
        if let Some(entry) = self.entries.next() {
            return Ok(Some(entry));
        }
        // A sender that is gone ends the log too.
        let _ = self.alive.wait_for(|alive| !alive).await;
        Ok(None)
    }
}
