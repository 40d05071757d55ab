//! The engines and programs that are measured, each in a sandbox of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use palan_e2e::{Client, Engine, Engines, Kind, Sandbox, Settings, TopLevelCgroups};

use super::image::{self, Programs};
use super::oci::Bundle;
use crate::process;

/// Everything that is measured. The engines come first, as they end in this order.
pub struct Peers {
    pub palan: Engine,
    pub docker: Option<Engine>,
    podman: Option<Podman>,
    runtimes: Vec<Bundle>,
    programs: Settings,
    missing: Vec<String>,
    // Last: the others use its files.
    _dir: tempfile::TempDir,
}

/// Makes the command for a network; `None` when the program does not do that.
type Prepare<'a> = dyn Fn(&str) -> Option<Command> + 'a;

/// A way to run a container and wait for its end.
pub struct Runner<'a> {
    /// As it stands in the tables.
    pub name: String,
    command: Box<Prepare<'a>>,
}

impl Runner<'_> {
    /// Runs `/true` with the given network; `None` when this program does not do that.
    ///
    /// # Errors
    /// When the run fails.
    pub fn run(&self, network: &str) -> Result<Option<Duration>> {
        let Some(mut command) = (self.command)(network) else {
            return Ok(None);
        };
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let output = command
            .output()
            .with_context(|| format!("failed to start {}", self.name))?;
        let took = started.elapsed();
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!(
                "{}: {command:?} failed: {}\n{text}",
                self.name,
                output.status
            );
        }
        Ok(Some(took))
    }
}

impl Peers {
    /// Starts what is installed.
    ///
    /// # Errors
    /// When one that is installed does not start.
    pub fn start(palan: PathBuf) -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("palan-bench-")
            .tempdir_in("/var/tmp");
        let dir = dir.context("failed to make a folder in /var/tmp")?;
        let programs = image::make(dir.path())?;
        let settings = settings(palan)?;
        let mut missing = Vec::new();
        let mut installed = |name: &str| {
            let found = process::has_program(name);
            if !found {
                missing.push(format!("{name} (not installed)"));
            }
            found
        };
        let palan = engine(Kind::Palan, &settings, &programs)?;
        let docker = match installed("dockerd") {
            true => Some(engine(Kind::Reference, &settings, &programs)?),
            false => None,
        };
        let podman = match installed("podman") {
            true => Podman::start(dir.path(), &programs),
            false => Ok(None),
        };
        let mut runtimes = Vec::new();
        for name in ["crun", "runc"] {
            if installed(name) {
                runtimes.push(Bundle::make(name, dir.path(), &programs.root)?);
            }
        }
        let podman = podman.unwrap_or_else(|error| {
            missing.push(format!("podman (does not run here: {error:#})"));
            None
        });
        runtimes.retain(|bundle| match bundle.works() {
            Ok(()) => true,
            Err(error) => {
                missing.push(format!("{} (does not run here: {error:#})", bundle.name()));
                false
            }
        });
        Ok(Self {
            palan,
            docker,
            podman,
            runtimes,
            programs: settings,
            missing,
            _dir: dir,
        })
    }

    /// All ways to run a container, Palan's own first and dockerd's second.
    pub fn runners(&self) -> Vec<Runner<'_>> {
        let mut runners = vec![cli("palan run", &self.programs.palan, &self.palan)];
        if let Some(engine) = &self.docker {
            runners.push(cli("docker run, dockerd", &self.programs.docker, engine));
        }
        runners.push(cli("docker run, palan", &self.programs.docker, &self.palan));
        if let Some(podman) = &self.podman {
            let command = |network: &str| Some(podman.run(network));
            runners.push(Runner {
                name: "podman run".to_owned(),
                command: Box::new(command),
            });
        }
        for bundle in &self.runtimes {
            let command = |network: &str| (network == "none").then(|| bundle.run());
            let name = format!("{} run (bundle only)", bundle.name());
            runners.push(Runner {
                name,
                command: Box::new(command),
            });
        }
        runners
    }

    /// The engines with Docker's API, Palan first.
    pub fn engines(&self) -> Vec<(&'static str, &Engine)> {
        let docker = self.docker.as_ref().map(|engine| ("dockerd", engine));
        [("palan", &self.palan)].into_iter().chain(docker).collect()
    }

    /// Why some peers are not in the tables.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The machine in a few words.
    pub fn machine(&self) -> String {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let load = load.split(' ').next().unwrap_or_default();
        format!(
            "Linux {}, {processors} processors, load {load} before",
            kernel.trim()
        )
    }
}

fn cli<'a>(name: &str, program: &'a Path, engine: &'a Engine) -> Runner<'a> {
    let command = move |network: &str| {
        let mut command = engine.client(program);
        command.args(["run", "--rm", "--network", network, image::NAME, "/true"]);
        Some(command)
    };
    Runner {
        name: name.to_owned(),
        command: Box::new(command),
    }
}

fn settings(palan: PathBuf) -> Result<Settings> {
    let in_path = |name: &str| -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .map(|dir| dir.join(name))
            .find(|path| path.is_file())
    };
    let docker = in_path("docker").context("found no docker program")?;
    Ok(Settings {
        engines: Engines::Both,
        client: Client::Docker,
        docker,
        palan,
    })
}

fn engine(kind: Kind, settings: &Settings, programs: &Programs) -> Result<Engine> {
    let engine = Engine::start(kind, settings, &[])?;
    let archive = programs.archive.display().to_string();
    engine.run("load", ["-q", "-i", &archive])?.ok()?;
    engine.run("run", ["--rm", image::NAME])?.ok()?;
    Ok(engine)
}

/// Podman with folders of its own; it has no daemon.
struct Podman {
    sandbox: Sandbox,
    dir: PathBuf,
    _cgroups: TopLevelCgroups,
}

impl Podman {
    fn start(dir: &Path, programs: &Programs) -> Result<Option<Self>> {
        let cgroups = TopLevelCgroups::record();
        let podman = Self {
            sandbox: Sandbox::new()?,
            dir: dir.join("podman"),
            _cgroups: cgroups,
        };
        // Its runtime refuses cgroup v1 with a v2 hierarchy beside it.
        let mut unmount = podman.sandbox.command("sh");
        process::output(unmount.args(["-c", "umount /sys/fs/cgroup/unified 2>/dev/null || true"]))?;
        let mut load = podman.command();
        process::output(load.arg("load").arg("-q").arg("-i").arg(&programs.archive))?;
        process::output(&mut podman.run("none"))?;
        Ok(Some(podman))
    }

    fn command(&self) -> Command {
        let mut command = self.sandbox.command("podman");
        command.arg("--root").arg(self.dir.join("root"));
        command.arg("--runroot").arg(self.dir.join("run"));
        command.args(["--cgroup-manager", "cgroupfs", "--events-backend", "none"]);
        command
            .arg("--network-config-dir")
            .arg(self.dir.join("networks"));
        command
    }

    fn run(&self, network: &str) -> Command {
        let mut command = self.command();
        command.args(["run", "--rm", "--network", network]);
        // Root may lack the right to raise these.
        command.args([
            "--ulimit",
            "nofile=1024:1024",
            "--ulimit",
            "nproc=1024:1024",
        ]);
        command.args([&format!("localhost/{}", image::NAME), "/true"]);
        command
    }
}
