//! An engine under test: started in a sandbox, driven over its socket, stopped without a trace.
//!
//! ```text
//! start -> ready -> terminate (SIGTERM, waits) -> start ..
//!                -> kill (SIGKILL, its containers live on) -> start ..
//!                -> drop (removes containers, terminates, removes all folders)
//! ```

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::cgroups::TopLevelCgroups;
use crate::poll::wait_until;
use crate::sandbox::Sandbox;
use crate::settings::{Client, Settings, fixture, target_dir};

mod clients;

const LIMIT: Duration = Duration::from_secs(30);

/// Which engine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Debian's dockerd.
    Reference,
    Palan,
}

/// A running engine with everything that belongs to it.
#[derive(Debug)]
pub struct Engine {
    kind: Kind,
    settings: Settings,
    // Before the folder: with the sandbox its mounts go.
    process: Mutex<Option<Child>>,
    sandbox: Sandbox,
    dir: TempDir,
    _cgroups: TopLevelCgroups,
}

impl Engine {
    /// Starts an engine with the given fixture images (`busybox`, `nginx` ...).
    ///
    /// The engine ends with the thread that calls this.
    ///
    /// # Errors
    /// When it does not answer in time, or an image cannot be loaded; the message has its log.
    pub fn start(kind: Kind, settings: &Settings, images: &[&str]) -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("palan-e2e-")
            .tempdir_in("/var/tmp");
        let dir = dir.context("failed to make a folder in /var/tmp")?;
        for name in ["bin", "config", "data", "run"] {
            fs::create_dir(dir.path().join(name))
                .with_context(|| format!("failed to make {name}"))?;
        }
        // Called by this name, either command line speaks of itself as docker.
        let client = match settings.client {
            Client::Docker => &settings.docker,
            Client::Palan => &settings.palan,
        };
        symlink(client, dir.path().join("bin/docker")).context("failed to link bin/docker")?;
        let cgroups = TopLevelCgroups::record();
        let process = Mutex::new(None);
        let sandbox = Sandbox::new()?;
        let engine = Self {
            kind,
            settings: settings.clone(),
            process,
            sandbox,
            dir,
            _cgroups: cgroups,
        };
        engine.resume()?;
        for image in images {
            let file = fixture(&format!("{image}.docker.tar"))?;
            engine
                .run("load", [OsStr::new("-qi"), file.as_os_str()])?
                .ok()?;
        }
        if kind == Kind::Palan {
            // The image in the binary would stand in every list, where the reference has none.
            engine.run("rmi", ["palan/hello"])?;
        }
        Ok(engine)
    }

    /// A word for file names and messages: the engine, and the command line if it is ours.
    pub fn name(&self) -> &'static str {
        match (self.kind, self.settings.client) {
            (Kind::Reference, Client::Docker) => "reference",
            (Kind::Reference, Client::Palan) => "reference-with-palan-cli",
            (Kind::Palan, Client::Docker) => "palan",
            (Kind::Palan, Client::Palan) => "palan-with-palan-cli",
        }
    }

    /// Starts the process again after [`Engine::kill`] or [`Engine::terminate`], in the same folders.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn resume(&self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.context("failed to open the engine's log")?;
        let mut command = self.sandbox.command("setpriv");
        command
            .args(["--pdeathsig", "TERM", "--"])
            .args(self.command_line());
        command
            .stdin(Stdio::null())
            .stderr(log.try_clone().context("failed to clone a file")?);
        let child = command
            .stdout(log)
            .spawn()
            .context("failed to start the engine")?;
        *self.process.lock().expect("no holder panics") = Some(child);
        let ready = wait_until("the engine's answer", LIMIT, || {
            Ok(UnixStream::connect(self.socket()).is_ok()
                && self.api("GET", "/_ping")?.stdout == "OK")
        });
        ready.with_context(|| format!("{} did not start:\n{}", self.name(), self.log_tail()))
    }

    fn command_line(&self) -> Vec<String> {
        let path = |name: &str| self.dir.path().join(name).display().to_string();
        let host = format!("unix://{}", self.socket().display());
        let words = match self.kind {
            Kind::Reference => vec![
                "dockerd".to_owned(),
                format!("--host={host}"),
                format!("--data-root={}", path("data")),
                format!("--exec-root={}", path("run")),
                format!("--pidfile={}", path("docker.pid")),
                format!("--config-file={}", path("config/daemon.json")),
            ],
            Kind::Palan => {
                let palan = self.settings.palan.display().to_string();
                let (data, run) = (path("data"), path("run"));
                let words = [&palan, "engine", "--host", &host, "--data-root", &data];
                words
                    .into_iter()
                    .chain(["--run-root", &run])
                    .map(str::to_owned)
                    .collect()
            }
        };
        if self.kind == Kind::Reference {
            // An empty file keeps the machine's own /etc/docker/daemon.json away.
            fs::write(path("config/daemon.json"), "{}").expect("the folder has just been made");
        }
        words
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The folder that holds all of the engine's files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn data_root(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn run_root(&self) -> PathBuf {
        self.dir.path().join("run")
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("engine.sock")
    }

    /// The engine's process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process
            .lock()
            .expect("no holder panics")
            .as_ref()
            .map(Child::id)
    }

    /// Ends the process with SIGTERM and waits for it.
    ///
    /// # Errors
    /// When it does not end in time; it is killed then.
    pub fn terminate(&self) -> Result<()> {
        self.end(Signal::TERM)
    }

    /// Kills the process, as a crash would; its containers run on if the engine lets them.
    ///
    /// # Errors
    /// When it cannot be reaped.
    pub fn kill(&self) -> Result<()> {
        self.end(Signal::KILL)
    }

    fn end(&self, signal: Signal) -> Result<()> {
        let Some(mut child) = self.process.lock().expect("no holder panics").take() else {
            return Ok(());
        };
        kill_process(Pid::from_child(&child), signal).context("failed to signal the engine")?;
        let ended = wait_until("the engine's end", LIMIT, || {
            Ok(child
                .try_wait()
                .context("failed to wait for the engine")?
                .is_some())
        });
        if ended.is_err() {
            child.kill().context("failed to kill the engine")?;
            child.wait().context("failed to reap the engine")?;
        }
        ended.with_context(|| format!("{} did not end:\n{}", self.name(), self.log_tail()))
    }

    /// Where the engine's own messages go.
    pub fn log(&self) -> PathBuf {
        self.dir.path().join("engine.log")
    }

    fn log_tail(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.pid().is_none() && self.resume().is_err() {
            eprintln!("{}: cannot be started for clean-up", self.name());
        }
        for result in [self.clear(), self.terminate()] {
            if let Err(error) = result {
                eprintln!("{}: failed to clean up: {error:#}", self.name());
            }
        }
        let kept = target_dir().join("e2e");
        let copied = fs::create_dir_all(&kept)
            .and_then(|()| fs::copy(self.log(), kept.join(format!("{}.log", self.name()))));
        if let Err(error) = copied {
            eprintln!("{}: failed to keep the log: {error}", self.name());
        }
    }
}
