//! Create, start, wait, remove one after another over one connection.

use std::time::Instant;

use anyhow::Result;
use palan_e2e::Engine;

use super::Options;
use super::api::Api;
use super::peers::Peers;
use super::table::{Samples, Table, number, ratio};

const STEPS: [&str; 5] = ["create", "start", "wait", "remove", "all"];

/// Measures the engines in turn and prints medians for each step.
///
/// # Errors
/// When a request fails.
pub fn measure(peers: &Peers, options: &Options) -> Result<()> {
    let engines = peers.engines();
    for network in ["none", "bridge"] {
        let mut samples = vec![[(); 5].map(|()| Samples::default()); engines.len()];
        for _ in 0..options.rounds {
            for ((_, engine), samples) in engines.iter().zip(&mut samples) {
                for _ in 0..options.runs {
                    once(engine, network, samples)?;
                }
            }
        }
        let header: Vec<&str> = ["ms"]
            .into_iter()
            .chain(STEPS)
            .chain(["all to dockerd"])
            .collect();
        let title = format!("API, one after another, --network {network}, median");
        let mut table = Table::new(&title, &header);
        for ((name, _), row) in engines.iter().zip(&samples) {
            let mut cells = vec![(*name).to_owned()];
            cells.extend(row.iter().map(|samples| number(samples.median())));
            let reference = samples.get(1).and_then(|samples| samples[4].median());
            cells.push(ratio(row[4].median(), reference));
            table.row(cells);
        }
        table.print();
    }
    Ok(())
}

fn once(engine: &Engine, network: &str, samples: &mut [Samples; 5]) -> Result<()> {
    let mut api = Api::connect(&engine.socket())?;
    let whole = Instant::now();
    let mut lap = Instant::now();
    let mut step = |number: usize| {
        samples[number].push_time(lap.elapsed());
        lap = Instant::now();
    };
    let id = api.create("/true", network)?;
    step(0);
    api.start(&id)?;
    step(1);
    api.wait(&id)?;
    step(2);
    api.remove(&id)?;
    step(3);
    samples[4].push_time(whole.elapsed());
    Ok(())
}
