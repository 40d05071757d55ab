//! `run --rm`: wall time of the whole command.

use anyhow::Result;

use super::Options;
use super::peers::Peers;
use super::table::{Samples, Table, number, ratio};

const NETWORKS: [&str; 3] = ["none", "host", "bridge"];

/// Measures all runners in turn and prints medians, and ratios to dockerd's.
///
/// # Errors
/// When a run fails.
pub fn measure(peers: &Peers, options: &Options) -> Result<()> {
    let runners = peers.runners();
    let mut samples = vec![[(); 3].map(|()| Samples::default()); runners.len()];
    for _ in 0..options.rounds {
        for (column, network) in NETWORKS.into_iter().enumerate() {
            for (runner, samples) in runners.iter().zip(&mut samples) {
                for _ in 0..options.runs {
                    if let Some(time) = runner.run(network)? {
                        samples[column].push_time(time);
                    }
                }
            }
        }
    }
    let header = [
        "ms",
        "none",
        "host",
        "bridge",
        "none to dockerd",
        "host",
        "bridge",
    ];
    let count = options.rounds * options.runs;
    let title = format!(
        "run --rm true, wall time, median of {count} in {} rounds",
        options.rounds
    );
    let mut table = Table::new(&title, &header);
    let reference = runners
        .iter()
        .position(|runner| runner.name.ends_with("dockerd"));
    for (row, runner) in runners.iter().enumerate() {
        let mut cells = vec![runner.name.clone()];
        cells.extend(samples[row].iter().map(|samples| number(samples.median())));
        cells.extend((0..3).map(|column| {
            let reference = reference.and_then(|row| samples[row][column].median());
            ratio(samples[row][column].median(), reference)
        }));
        table.row(cells);
    }
    table.print();
    Ok(())
}
