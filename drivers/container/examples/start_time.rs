//! How long a start takes, as root:
//! `cargo run --release -p palan-container --example start_time [COUNT [host]]`.
//! With `host` the network is the host's. Prints medians and tenth percentiles in microseconds.

// Not part of any product: what cannot go on may panic.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../tests/linux/fixture.rs"]
mod fixture;

use std::time::{Duration, Instant};

use fixture::{Fixture, Running, wait};

/// Between two starts, as between two users' commands: locks and caches are cold then.
const PAUSE: Duration = Duration::from_millis(60);

fn main() {
    let count = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(50);
    let mut fixture = Fixture::new(&["/bin/busybox", "true"]);
    fixture.filter();
    if std::env::args()
        .nth(2)
        .is_some_and(|network| network == "host")
    {
        fixture.spec.namespaces.net = palan_model::run::Namespace::Host;
    }
    fixture.spec.resources.memory = 512 << 20;
    fixture.spec.resources.pids_limit = Some(100);
    for (name, pause) in [("back to back", Duration::ZERO), ("60 ms apart", PAUSE)] {
        let mut phases = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..count {
            // A container has a writable layer of its own, which nothing was mounted on before.
            fixture.renew_work();
            std::thread::sleep(pause);
            let times = measure(&fixture);
            phases
                .iter_mut()
                .zip(times)
                .for_each(|(phase, time)| phase.push(time));
        }
        println!("{name}:");
        let names = [
            "start, until the program is executed",
            "until it was reaped",
            "remove",
        ];
        for (name, phase) in names.iter().zip(&mut phases) {
            phase.sort_unstable();
            let [median, low] = [phase[phase.len() / 2], phase[phase.len() / 10]];
            println!("  {name:40} {:6} [{}]", median.as_micros(), low.as_micros());
        }
    }
    fixture::remove_shared();
}

fn measure(fixture: &Fixture) -> [Duration; 3] {
    let begin = Instant::now();
    let running = Running::start(&fixture.spec).unwrap();
    let started = begin.elapsed();
    wait(&running.process);
    let reaped = begin.elapsed() - started;
    let begin = Instant::now();
    running.container.remove().unwrap();
    [started, reaped, begin.elapsed()]
}
