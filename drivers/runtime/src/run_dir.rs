//! The run directory of a container, shared with its runner: `<run root>/containers/<id>/`.
//!
//! ```text
//! run.json      written before the runner is spawned
//! runner.sock   a runner listens, or somebody did once
//! exit.json     the run is over
//! ```
//!
//! The directory is on a tmpfs: nothing is synced, calls take microseconds and are made in place.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use palan_model::runner::{EXIT_FILE, ExitStatus, RUN_FILE, SOCKET_FILE};
use palan_model::{ContainerId, RunSpec};

use crate::error::RuntimeError;

/// Where the run directories are.
pub(crate) fn parent(run_root: &Path) -> PathBuf {
    run_root.join("containers")
}

/// The run directory of one container.
#[derive(Clone, Debug)]
pub(crate) struct RunDir(PathBuf);

impl RunDir {
    pub(crate) fn new(run_root: &Path, id: &ContainerId) -> Self {
        Self(parent(run_root).join(id.as_str()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join(SOCKET_FILE)
    }

    /// Makes the directory with its `run.json`. What an earlier run left is removed.
    pub(crate) fn create(&self, spec: &RunSpec) -> Result<(), RuntimeError> {
        let error = |e| RuntimeError::file("make run directory", &self.0, e);
        let make = || DirBuilder::new().mode(0o700).create(&self.0);
        match make() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let parent = self.0.parent().unwrap_or(Path::new("/"));
                fs::create_dir_all(parent)
                    .and_then(|()| make())
                    .map_err(error)?;
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                self.remove()?;
                make().map_err(error)?;
            }
            made => made.map_err(error)?,
        }
        // Whole or not at all: the next engine has the runner's program read it.
        let (path, unfinished) = (self.0.join(RUN_FILE), self.0.join("run.json.new"));
        let text = serde_json::to_vec(spec).expect("a specification is plain data");
        fs::write(&unfinished, text)
            .and_then(|()| fs::rename(&unfinished, &path))
            .map_err(|e| RuntimeError::file("write", &path, e))
    }

    /// Whether a runner may have been spawned for it: not before its `run.json` was written.
    pub(crate) fn is_complete(&self) -> bool {
        self.0.join(RUN_FILE).exists()
    }

    /// How the run ended, if that was recorded.
    pub(crate) fn exit_status(&self) -> Result<Option<ExitStatus>, RuntimeError> {
        let path = self.0.join(EXIT_FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(RuntimeError::file("read", &path, e)),
        };
        match serde_json::from_slice(&text) {
            Ok(status) => Ok(Some(status)),
            Err(source) => Err(RuntimeError::Damaged { path, source }),
        }
    }

    /// Removes it. Idempotent.
    pub(crate) fn remove(&self) -> Result<(), RuntimeError> {
        match fs::remove_dir_all(&self.0) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(RuntimeError::file("remove run directory", &self.0, e))
            }
            _ => Ok(()),
        }
    }
}

/// The containers that have a run directory.
pub(crate) fn list(run_root: &Path) -> Result<Vec<ContainerId>, RuntimeError> {
    let parent = parent(run_root);
    let error = |e| RuntimeError::file("list", &parent, e);
    let entries = match fs::read_dir(&parent) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(error(e)),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry.map_err(error)?.file_name();
        ids.extend(name.to_str().and_then(|name| name.parse().ok()));
    }
    Ok(ids)
}
