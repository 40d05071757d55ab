//! Reading a container's output of the past, and what comes.

use palan_contracts::LogReader;
use palan_model::log::LogQuery;
use tokio::sync::watch;

use super::index::Handle;
use super::run_spec::log_spec;
use super::{Containers, is_removable};
use crate::{Error, Result};

/// A container's log.
pub struct Logs {
    /// The container has a terminal: its output is one raw stream.
    pub tty: bool,
    /// The entries.
    pub reader: Box<dyn LogReader>,
}

impl Containers {
    /// Opens a container's log.
    ///
    /// # Errors
    /// When neither stream is wanted, or the container keeps no log.
    pub async fn logs(&self, name: &str, query: LogQuery) -> Result<Logs> {
        let handle = self.find(name)?;
        if !(query.stdout || query.stderr) {
            return Err(Error::InvalidParameter(
                "Bad parameters: you must choose at least one stream".to_owned(),
            ));
        }
        let record = handle.record();
        let directory = self.shared().drivers.snapshots.directory(&record.id);
        let log = log_spec(&record, &directory)?.ok_or_else(|| {
            Error::NotImplemented("configured logging driver does not support reading".to_owned())
        })?;
        let alive = alive(&handle, query.follow);
        let reader = self.shared().drivers.logs.read(&log, query, alive).await?;
        Ok(Logs {
            tty: record.config.tty,
            reader,
        })
    }
}

/// True as long as the container may write more.
fn alive(handle: &Handle, follow: bool) -> watch::Receiver<bool> {
    let mut status = handle.status.clone();
    let over = |status: &super::Status| status.gone || is_removable(status.record.state.phase);
    let (sender, receiver) = watch::channel(follow && !over(&status.borrow()));
    if follow {
        tokio::spawn(async move {
            tokio::select! {
                _ = status.wait_for(over) => {}
                () = sender.closed() => {}
            }
            let _ = sender.send(false);
        });
    }
    receiver
}
