//! Many containers at once: create and start by 20 clients, then forced removal by as many.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Result;
use palan_e2e::Engine;

use super::Options;
use super::api::Api;
use super::peers::Peers;
use super::table::{Table, number};

const CLIENTS: usize = 20;

/// Measures the engines in turn and prints rates.
///
/// # Errors
/// When a request fails.
pub fn measure(peers: &Peers, options: &Options) -> Result<()> {
    let title = format!(
        "{} containers, {CLIENTS} at once, containers per second",
        options.burst
    );
    let header = [
        "/s",
        "none",
        "bridge",
        "none to dockerd",
        "bridge",
        "remove, bridge",
    ];
    let mut table = Table::new(&title, &header);
    let mut rates = Vec::new();
    for (_, engine) in peers.engines() {
        let (none, _) = once(engine, "none", options.burst)?;
        rates.push((none, once(engine, "bridge", options.burst)?));
    }
    for ((name, _), (none, (bridge, removal))) in peers.engines().iter().zip(&rates) {
        let times = |value: f64, reference: Option<f64>| {
            reference.map_or_else(
                || "-".to_owned(),
                |reference| format!("{:.1}x", value / reference),
            )
        };
        let reference = rates.get(1);
        table.row(vec![
            (*name).to_owned(),
            number(Some(*none)),
            number(Some(*bridge)),
            times(*none, reference.map(|(none, _)| *none)),
            times(*bridge, reference.map(|(_, (bridge, _))| *bridge)),
            number(Some(*removal)),
        ]);
    }
    table.print();
    Ok(())
}

/// Starts and removes per second.
fn once(engine: &Engine, network: &str, count: u32) -> Result<(f64, f64)> {
    let started = Instant::now();
    let ids = share(engine, count as usize, |api, _| {
        let id = api.create("/pause", network)?;
        api.start(&id)?;
        Ok(id)
    })?;
    let starts = f64::from(count) / started.elapsed().as_secs_f64();
    let started = Instant::now();
    share(engine, ids.len(), |api, number| api.remove(&ids[number]))?;
    Ok((starts, f64::from(count) / started.elapsed().as_secs_f64()))
}

/// Does `task` for each number below `count`, [`CLIENTS`] at a time; results come in any order.
fn share<T: Send>(
    engine: &Engine,
    count: usize,
    task: impl Fn(&mut Api, usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let client = || -> Result<Vec<T>> {
        let mut api = Api::connect(&engine.socket())?;
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(done);
            }
            done.push(task(&mut api, number)?);
        }
    };
    let results: Vec<Result<Vec<T>>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client does not panic"))
            .collect()
    });
    let mut all = Vec::new();
    for result in results {
        all.extend(result?);
    }
    Ok(all)
}
