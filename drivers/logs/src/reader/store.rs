//! `contracts::LogStore` over json-file logs.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use async_trait::async_trait;
use palan_contracts::{Error, LogReader, LogStore, Result};
use palan_model::ErrorKind;
use palan_model::log::{LogEntry, LogQuery, LogSpec};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::change::Change;
use super::cursor::{Batch, Cursor};
use crate::error::LogError;
use crate::files::numbered;

/// Reads the logs that [`LogWriter`](crate::LogWriter) and dockerd write.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonFileLogs;

#[async_trait]
impl LogStore for JsonFileLogs {
    async fn read(
        &self,
        log: &LogSpec,
        query: LogQuery,
        alive: watch::Receiver<bool>,
    ) -> Result<Box<dyn LogReader>> {
        let error = |e| failed("open", &log.path, e);
        let directory = log.path.parent().unwrap_or(Path::new("/"));
        // Watching starts before reading, so that no change falls in between.
        let change = match query.follow {
            true => Change::watch(directory).map_err(error)?,
            false => None,
        };
        let follow = query.follow;
        let spec = log.clone();
        let opened = tokio::task::spawn_blocking(move || Cursor::open(&spec, query));
        let cursor = opened
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(error)?;
        Ok(Box::new(JsonFileReader {
            log: log.clone(),
            follow,
            alive,
            change,
            ready: VecDeque::new(),
            state: State::Idle(Box::new(cursor)),
            last: false,
        }))
    }

    async fn remove(&self, log: &LogSpec) -> Result<()> {
        for index in 0..log.max_files.max(1) {
            let path = numbered(&log.path, index);
            match tokio::fs::remove_file(&path).await {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("remove", &path, e));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn failed(operation: &'static str, path: &Path, source: io::Error) -> Error {
    Error::new(ErrorKind::System, LogError::new(operation, path, source))
}

/// One reader. Whatever is under way is kept in `state`, which makes `next` cancel-safe.
struct JsonFileReader {
    log: LogSpec,
    follow: bool,
    alive: watch::Receiver<bool>,
    change: Option<Change>,
    ready: VecDeque<LogEntry>,
    state: State,
    /// The log was complete before the present read began.
    last: bool,
}

/// ```text
/// Idle --> Reading --entries--> Idle
///             |--nothing more--> Waiting --change or end of the container--> Idle
///             |--nothing more, and the log is complete--> Ended
/// ```
enum State {
    Idle(Box<Cursor>),
    Reading(JoinHandle<(Box<Cursor>, io::Result<Batch>)>),
    Waiting(Box<Cursor>),
    Ended,
}

#[async_trait]
impl LogReader for JsonFileReader {
    async fn next(&mut self) -> Result<Option<LogEntry>> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Ok(Some(entry));
            }
            let stepped = match &mut self.state {
                State::Ended => return Ok(None),
                State::Idle(_) => {
                    self.start_reading();
                    Ok(())
                }
                State::Reading(task) => {
                    let done = task.await;
                    self.finish_reading(done.map_err(io::Error::other))
                }
                State::Waiting(_) => self.wait().await,
            };
            if let Err(error) = stepped {
                self.state = State::Ended;
                return Err(failed("read", &self.log.path, error));
            }
        }
    }
}

impl JsonFileReader {
    fn start_reading(&mut self) {
        self.last = !self.follow || !*self.alive.borrow() || self.alive.has_changed().is_err();
        let state = std::mem::replace(&mut self.state, State::Ended);
        if let State::Idle(mut cursor) | State::Waiting(mut cursor) = state {
            let task = tokio::task::spawn_blocking(move || {
                let batch = cursor.read();
                (cursor, batch)
            });
            self.state = State::Reading(task);
        }
    }

    fn finish_reading(
        &mut self,
        done: io::Result<(Box<Cursor>, io::Result<Batch>)>,
    ) -> io::Result<()> {
        let (cursor, batch) = done?;
        let batch = batch?;
        self.state = if batch.past_end || (batch.entries.is_empty() && self.last) {
            State::Ended
        } else if batch.entries.is_empty() {
            State::Waiting(cursor)
        } else {
            State::Idle(cursor)
        };
        self.ready = batch.entries.into();
        Ok(())
    }

    async fn wait(&mut self) -> io::Result<()> {
        let changed = async {
            match &self.change {
                Some(change) => change.wait().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            result = changed => result?,
            _ = self.alive.wait_for(|alive| !alive) => {}
        }
        self.start_reading();
        Ok(())
    }
}
