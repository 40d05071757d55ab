//! What an engine has on the machine: mounts, interfaces, firewall rules, processes, cgroups, folders.
//!
//! Two inventories, before and after some work, must be equal. The sandbox makes that exact: all
//! interfaces, rules and mounts in it belong to its engine. Only empty cgroups named after containers
//! count, because other engines may run on the machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::engine::Engine;
use crate::output::Output;

/// Folders of an engine's data root that a container's life does not own.
const SHARED: &[&str] = &[
    "blobs",
    "layers",
    "image",
    "buildkit",
    "containerd",
    "tmp",
    "seccomp",
];

/// How long an engine may take to clean up behind an answer it has already given.
const LIMIT: Duration = Duration::from_secs(20);

/// All that was found, one line for each thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory(BTreeSet<String>);

impl Inventory {
    /// Lists what `engine` has now.
    ///
    /// # Errors
    /// When a listing program fails.
    pub fn take(engine: &Engine) -> Result<Self> {
        let mut lines = BTreeSet::new();
        mounts(engine, &mut lines)?;
        listing(engine, &["ip", "-o", "link"], "interface", &mut lines)?;
        listing(
            engine,
            &["nft", "-s", "list", "ruleset"],
            "rule",
            &mut lines,
        )?;
        processes(engine, &mut lines)?;
        cgroups(Path::new("/sys/fs/cgroup"), 0, &mut lines);
        folders(&engine.data_root(), 0, &mut lines);
        folders(&engine.run_root(), 0, &mut lines);
        Ok(Self(lines))
    }

    /// Waits until nothing is left that was not there in `self`.
    ///
    /// # Errors
    /// Lists what is left after a while.
    pub fn check_nothing_new(&self, engine: &Engine) -> Result<()> {
        let started = Instant::now();
        loop {
            let now = Self::take(engine)?;
            let left: Vec<&String> = now.0.difference(&self.0).collect();
            if left.is_empty() {
                return Ok(());
            }
            if started.elapsed() > LIMIT {
                let left: Vec<&str> = left.iter().map(|line| line.as_str()).collect();
                bail!(
                    "{} things are left behind:\n  {}",
                    left.len(),
                    left.join("\n  ")
                );
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn mounts(engine: &Engine, lines: &mut BTreeSet<String>) -> Result<()> {
    let path = format!("/proc/{}/mountinfo", engine.sandbox().pid());
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read {path}"))?;
    lines.extend(
        text.lines()
            .filter_map(|line| line.split(' ').nth(4))
            .map(|p| format!("mount {p}")),
    );
    Ok(())
}

fn listing(
    engine: &Engine,
    words: &[&str],
    kind: &str,
    lines: &mut BTreeSet<String>,
) -> Result<()> {
    let output = Output::of(engine.sandbox().command(words[0]).args(&words[1..]))?;
    for line in output.ok()?.lines() {
        // An interface's number and flags change while it stays the same: only its name counts.
        let line = match kind {
            "interface" => line.split(' ').nth(1).unwrap_or(line),
            _ => line.trim(),
        };
        lines.insert(format!("{kind} {line}"));
    }
    Ok(())
}

/// Processes in the sandbox, and those whose root file system lies in the engine's folder.
fn processes(engine: &Engine, lines: &mut BTreeSet<String>) -> Result<()> {
    let dir = engine.dir().display().to_string();
    for entry in fs::read_dir("/proc").context("failed to list /proc")? {
        let name = entry.context("failed to list /proc")?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let mounts = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if Some(pid) == engine.pid() || command.is_empty() {
            continue;
        }
        if engine.sandbox().contains(pid) || mounts.contains(&dir) {
            let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let name = state
                .split(['(', ')'])
                .nth(1)
                .unwrap_or_default()
                .to_owned();
            lines.insert(format!(
                "process {name} {pid} {}",
                command.replace('\0', " ")
            ));
        }
    }
    Ok(())
}

/// Empty cgroups named after a container.
fn cgroups(dir: &Path, depth: u32, lines: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if depth > 4 || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.chars().filter(char::is_ascii_hexdigit).count() >= 64;
        let empty = fs::read_to_string(path.join("cgroup.procs")).is_ok_and(|text| text.is_empty());
        if id && empty {
            lines.insert(format!("cgroup {}", path.display()));
        }
        cgroups(&path, depth + 1, lines);
    }
}

fn folders(dir: &Path, depth: u32, lines: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if depth == 0 && (SHARED.contains(&&*name) || name.starts_with("state.db")) {
            continue;
        }
        lines.insert(format!("file {}", entry.path().display()));
        if depth < 2 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders(&entry.path(), depth + 1, lines);
        }
    }
}
