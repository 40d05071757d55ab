//! The task that runs the probes of one run of a container, one at a time.
//!
//! It ends when nobody takes its results any more, and kills the probe that runs then.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use palan_model::{ContainerId, ExecId, ExecSpec, Signal, Timestamp};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use super::output::{exceeded, read_output};
use super::plan::Check;
use super::status::{ProbeResult, between};
use crate::Result;
use crate::containers::{Attachment, Containers, Shared};
use crate::execs::{Execs, StartExec};

/// Exit code of a probe without one.
const NO_CODE: i32 = -1;

/// Runs probes.
pub(super) struct Monitor {
    pub shared: Arc<Shared>,
    pub container: ContainerId,
    pub started_at: Option<Timestamp>,
    pub check: Arc<Check>,
    /// No probe has succeeded in this run.
    pub starting: bool,
    pub results: mpsc::Sender<ProbeResult>,
}

impl Monitor {
    /// Runs probes until their results are not taken any more.
    pub async fn run(mut self) {
        while !self.results.is_closed() {
            let since_start = between(self.started_at, self.now());
            let pause = self.check.pause(self.starting, since_start);
            tokio::select! {
                () = self.results.closed() => {}
                () = sleep(pause) => self.probe().await,
            }
        }
    }

    async fn probe(&mut self) {
        let (start, deadline) = (self.now(), Instant::now() + self.check.timeout);
        match self.begin().await {
            Ok((id, Some(attachment))) => self.watch(&id, attachment, start, deadline).await,
            Ok((_, None)) => self.tell(start, NO_CODE, String::new()).await,
            Err(error) => self.tell(start, NO_CODE, error.to_string()).await,
        }
    }

    async fn begin(&self) -> Result<(ExecId, Option<Attachment>)> {
        let spec = ExecSpec {
            attach_stdout: true,
            attach_stderr: true,
            cmd: self.check.command.clone(),
            ..ExecSpec::default()
        };
        let execs = self.execs();
        let id = execs.create(self.container.as_str(), spec)?;
        let attachment = execs.start(id.as_str(), StartExec::default()).await?;
        Ok((id, attachment))
    }

    /// Tells how the probe ended. One that takes too long is killed and told at once, but the next
    /// does not begin before its end: probes that do not die must not pile up.
    async fn watch(
        &mut self,
        id: &ExecId,
        attachment: Attachment,
        start: Timestamp,
        deadline: Instant,
    ) {
        let Attachment { stream, ended, .. } = attachment;
        let mut ended = pin!(async {
            if let Some(ended) = ended {
                ended.known().await;
            }
        });
        let whole = timeout_at(deadline, async {
            let output = match stream {
                Some(stream) => match stream.ready().await {
                    Some(mut stream) => read_output(&mut stream).await,
                    None => Ok(String::new()),
                },
                None => Ok(String::new()),
            };
            ended.as_mut().await;
            output
        });
        let outcome = tokio::select! {
            () = self.results.closed() => return self.kill(id).await,
            outcome = whole => outcome,
        };
        if let Ok(output) = outcome {
            return self.ended(id, start, output).await;
        }
        self.kill(id).await;
        let text = exceeded(self.check.timeout);
        self.tell(start, NO_CODE, text).await;
        tokio::select! {
            () = self.results.closed() => {}
            () = ended => {}
        }
    }

    async fn ended(&mut self, id: &ExecId, start: Timestamp, output: io::Result<String>) {
        let exec = self.execs().inspect(id.as_str()).ok();
        match (output, exec.and_then(|exec| exec.exit_code)) {
            (Ok(output), Some(code)) => self.tell(start, code, output).await,
            (Err(error), _) => self.tell(start, NO_CODE, error.to_string()).await,
            (Ok(_), None) => {
                let container = &self.container;
                let text = format!("healthcheck for container {container} has no exit code");
                self.tell(start, NO_CODE, text).await;
            }
        }
    }

    async fn tell(&mut self, start: Timestamp, exit_code: i32, output: String) {
        self.starting &= exit_code != 0;
        let result = ProbeResult {
            start,
            end: self.now(),
            exit_code,
            output,
        };
        // The loop sees that nobody takes it.
        let _ = self.results.send(result).await;
    }

    async fn kill(&self, id: &ExecId) {
        let runtime = &self.shared.drivers.runtime;
        let killed = runtime.signal(&self.container, Some(id), Signal::KILL);
        if let Err(error) = killed.await {
            // It ended meanwhile, most often with its container.
            tracing::debug!(
                container = self.container.short(),
                "failed to kill a health check: {error}"
            );
        }
    }

    fn execs(&self) -> Execs {
        Execs::new(Containers(self.shared.clone()))
    }

    fn now(&self) -> Timestamp {
        self.shared.drivers.clock.now()
    }
}
