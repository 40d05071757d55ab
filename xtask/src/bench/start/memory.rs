//! Memory: of the idle engines, and of what each idle container costs beside its own processes.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use palan_e2e::Engine;

use super::api::Api;
use super::peers::Peers;
use super::table::{Table, number, ratio};

const CONTAINERS: usize = 20;
/// What has just been started is not idle yet.
const SETTLE: Duration = Duration::from_secs(2);

/// Prints what the engines occupy before they have done much.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn print_fresh(peers: &Peers) -> Result<()> {
    let mut table = Table::new("Idle engine after its start, MiB", &["MiB", "RSS", "PSS"]);
    for (name, engine) in peers.engines() {
        let (rss, pss) = sum(&processes(engine)?);
        table.row(vec![
            name.to_owned(),
            number(Some(mib(rss))),
            number(Some(mib(pss))),
        ]);
    }
    table.print();
    Ok(())
}

/// Prints what the engines occupy after all, and per idle container.
///
/// # Errors
/// When a container does not start.
pub fn measure(peers: &Peers) -> Result<()> {
    let header = [
        "MiB",
        "engine RSS",
        "PSS",
        "RSS to dockerd",
        "container RSS",
        "PSS",
    ];
    let title =
        format!("Idle engine after the benchmark, and per container of {CONTAINERS} idle ones");
    let mut table = Table::new(&title, &header);
    let mut rows = Vec::new();
    for (name, engine) in peers.engines() {
        let before = processes(engine)?;
        let (rss, pss) = sum(&before);
        let (container_rss, container_pss) = per_container(engine, &before)?;
        rows.push((name, [rss, pss, container_rss, container_pss].map(mib)));
    }
    let reference = rows.get(1).map(|(_, values)| values[0]);
    for (name, [rss, pss, container_rss, container_pss]) in rows {
        table.row(vec![
            name.to_owned(),
            number(Some(rss)),
            number(Some(pss)),
            ratio(Some(rss), reference),
            number(Some(container_rss)),
            number(Some(container_pss)),
        ]);
    }
    table.print();
    Ok(())
}

/// RSS and PSS in KiB of the processes that an idle container adds, without its own.
fn per_container(engine: &Engine, before: &BTreeSet<u32>) -> Result<(f64, f64)> {
    let mut api = Api::connect(&engine.socket())?;
    let (mut ids, mut own) = (Vec::new(), BTreeSet::new());
    for _ in 0..CONTAINERS {
        let id = api.create("/pause", "bridge")?;
        api.start(&id)?;
        own.insert(api.pid(&id)?);
        ids.push(id);
    }
    std::thread::sleep(SETTLE);
    let added: BTreeSet<u32> = processes(engine)?
        .into_iter()
        .filter(|pid| !before.contains(pid) && !own.contains(pid))
        .collect();
    let (rss, pss) = sum(&added);
    for id in ids {
        api.remove(&id)?;
    }
    Ok((rss / CONTAINERS as f64, pss / CONTAINERS as f64))
}

/// The engine's processes and their helpers: all in its sandbox.
fn processes(engine: &Engine) -> Result<BTreeSet<u32>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc")
        .context("failed to list /proc")?
        .flatten()
    {
        if let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>()
            && engine.sandbox().contains(pid)
        {
            found.insert(pid);
        }
    }
    Ok(found)
}

/// RSS and PSS of some processes, in KiB. One that has ended counts nothing.
fn sum(processes: &BTreeSet<u32>) -> (f64, f64) {
    let (mut rss, mut pss) = (0.0, 0.0);
    for pid in processes {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok())
        };
        rss += value("Rss:").unwrap_or(0.0);
        pss += value("Pss:").unwrap_or(0.0);
    }
    (rss, pss)
}

fn mib(kib: f64) -> f64 {
    kib / 1024.0
}
