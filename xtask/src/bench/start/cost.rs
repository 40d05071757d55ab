//! CPU time per `run --rm`: engine, helpers, runner and container, without the command line.
//!
//! The engine is put into a cgroup of its own, and its containers' cgroups below that; the kernel adds
//! up all that ever ran there. cgroup v1 counts in `cpuacct.usage`, v2 in `cpu.stat`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use palan_e2e::{Engine, wait_until};

use super::Options;
use super::image;
use super::peers::Peers;
use super::table::{Samples, Table, number, ratio};

const NETWORKS: [&str; 3] = ["none", "host", "bridge"];

/// Measures the engines in turn and prints medians of CPU milliseconds per run.
///
/// # Errors
/// When a run fails or a cgroup cannot be made.
pub fn measure(peers: &Peers, options: &Options) -> Result<()> {
    let engines = peers.engines();
    let mut accounts = Vec::new();
    for (name, engine) in &engines {
        accounts.push(Account::open(name, engine)?);
    }
    let mut samples = vec![[(); 3].map(|()| Samples::default()); engines.len()];
    for _ in 0..options.rounds {
        for (column, network) in NETWORKS.into_iter().enumerate() {
            for (row, (_, engine)) in engines.iter().enumerate() {
                let before = accounts[row].quiet_usage()?;
                for _ in 0..options.runs {
                    run(engine, network, &accounts[row].parent)?;
                }
                let used = accounts[row].quiet_usage()? - before;
                samples[row][column].push(used / f64::from(options.runs));
            }
        }
    }
    let header = [
        "CPU ms",
        "none",
        "host",
        "bridge",
        "none to dockerd",
        "host",
        "bridge",
    ];
    let mut table = Table::new("CPU of the server side per run --rm true, median", &header);
    for (row, (name, _)) in engines.iter().enumerate() {
        let mut cells = vec![(*name).to_owned()];
        cells.extend(samples[row].iter().map(|samples| number(samples.median())));
        cells.extend((0..3).map(|column| {
            let reference = samples.get(1).and_then(|samples| samples[column].median());
            ratio(samples[row][column].median(), reference)
        }));
        table.row(cells);
    }
    table.print();
    Ok(())
}

fn run(engine: &Engine, network: &str, parent: &str) -> Result<()> {
    let mut command = engine.docker();
    command.args([
        "run",
        "--rm",
        "--network",
        network,
        "--cgroup-parent",
        parent,
        image::NAME,
    ]);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    if !status.context("failed to start docker")?.success() {
        bail!("docker run failed with --cgroup-parent {parent}");
    }
    Ok(())
}

/// The cgroup of one engine.
struct Account {
    /// The hierarchies in which it exists.
    dirs: Vec<PathBuf>,
    /// Where its containers go.
    parent: String,
}

impl Account {
    fn open(name: &str, engine: &Engine) -> Result<Self> {
        let group = format!("palan-bench-{name}-{}", std::process::id());
        let base = Path::new("/sys/fs/cgroup");
        let unified = base.join("cgroup.controllers").exists();
        let base = if unified {
            base.to_owned()
        } else {
            base.join("cpuacct")
        };
        let dir = base.join(&group).join("engine");
        fs::create_dir_all(&dir).with_context(|| format!("failed to create {dir:?}"))?;
        for entry in fs::read_dir("/proc")
            .context("failed to list /proc")?
            .flatten()
        {
            let pid = entry.file_name().to_string_lossy().parse::<u32>();
            if let Ok(pid) = pid
                && engine.sandbox().contains(pid)
            {
                // A process that has just ended cannot be moved, and need not be.
                let _ = fs::write(dir.join("cgroup.procs"), pid.to_string());
            }
        }
        let dirs = vec![dir, base.join(&group)];
        Ok(Self {
            dirs,
            parent: format!("/{group}/containers"),
        })
    }

    /// CPU milliseconds so far, once nothing more is being used.
    fn quiet_usage(&self) -> Result<f64> {
        let mut last = self.usage()?;
        let mut calm = 0;
        wait_until("the engine to be idle", Duration::from_secs(20), || {
            std::thread::sleep(Duration::from_millis(50));
            let now = self.usage()?;
            calm = if now - last < 0.5 { calm + 1 } else { 0 };
            last = now;
            Ok(calm >= 4)
        })?;
        Ok(last)
    }

    fn usage(&self) -> Result<f64> {
        let dir = &self.dirs[1];
        if let Ok(text) = fs::read_to_string(dir.join("cpuacct.usage")) {
            return Ok(text
                .trim()
                .parse::<f64>()
                .context("failed to read cpuacct.usage")?
                / 1e6);
        }
        let path = dir.join("cpu.stat");
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {path:?}"))?;
        let usage = text
            .lines()
            .find_map(|line| line.strip_prefix("usage_usec "));
        let usage = usage.with_context(|| format!("{path:?} has no usage_usec"))?;
        Ok(usage
            .trim()
            .parse::<f64>()
            .context("failed to read usage_usec")?
            / 1e3)
    }
}

impl Drop for Account {
    /// Puts the engine back, so that the cgroup can be removed.
    fn drop(&mut self) {
        let root = self.dirs[1]
            .parent()
            .expect("has a parent")
            .join("cgroup.procs");
        for pid in fs::read_to_string(self.dirs[0].join("cgroup.procs"))
            .unwrap_or_default()
            .lines()
        {
            // One that has ended cannot be moved, and need not be.
            let _ = fs::write(&root, pid);
        }
        remove_below(&self.dirs[1]);
        let name = self.dirs[1].file_name().expect("has a name").to_owned();
        for hierarchy in fs::read_dir("/sys/fs/cgroup")
            .into_iter()
            .flatten()
            .flatten()
        {
            remove_below(&hierarchy.path().join(&name));
        }
    }
}

/// Removes a cgroup with all below it, as far as they are empty.
fn remove_below(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&entry.path());
        }
    }
    let _ = fs::remove_dir(dir);
}
