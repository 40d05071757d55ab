//! Many containers at once. Alone in its program: it counts what the whole process holds.

#![cfg(test)]

mod support;

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palan_contracts::Runtime;
use palan_model::{RootfsSpec, Signal};
use support::{OUTPUT, Place, ended, runner_of, until};

/// Open descriptors, children, and what the run root holds.
fn held(place: &Place) -> (usize, String, usize) {
    let fds = fs::read_dir("/proc/self/fd").unwrap().count();
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let children = tasks.map(|t| fs::read_to_string(t.path().join("children")).unwrap_or_default());
    let children: String = children.collect();
    let runs = fs::read_dir(place.path().join("run/containers")).map_or(0, Iterator::count);
    (fds, children, runs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_leave_nothing() {
    let Some(place) = Place::new() else { return };
    let place = Arc::new(place);
    place.run(&place.spec("true")).await;
    until("the first is reaped", || held(&place).1.is_empty()).await;
    let before = held(&place);
    run_hundred(&place).await;
    until("all descriptors are closed and all children reaped", || {
        held(&place) == before
    })
    .await;
    print_latency(&place).await;
    print_memory(&place).await;
}

async fn run_hundred(place: &Arc<Place>) {
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..100 {
        let place = Arc::clone(place);
        running.spawn(async move {
            let spec = place.spec(&format!("echo {number}; exit {number}"));
            let (code, log) = place.run(&spec).await;
            assert_eq!(
                (code, log[0].1.trim()),
                (number, number.to_string().as_str())
            );
            assert!(place.cgroups_of(&spec.id).is_empty());
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    println!(
        "100 containers at once, start to release: {:?}",
        begun.elapsed()
    );
}

async fn print_latency(place: &Place) {
    let mut starts = Vec::new();
    let mut whole = Vec::new();
    for number in 0..31 {
        let mut spec = place.spec("");
        spec.process.args = vec!["/bin/true".to_owned()];
        let [upper, work] = ["upper", "work"].map(|n| place.path().join(format!("{n}{number}")));
        fs::create_dir(&upper).unwrap();
        fs::create_dir(&work).unwrap();
        let lower = vec![place.path().join("root")];
        spec.rootfs = RootfsSpec::Overlay {
            lower,
            upper,
            work,
            volatile: true,
        };
        let begun = Instant::now();
        let mut started = place.start(&spec, &[OUTPUT]).await;
        starts.push(begun.elapsed());
        ended(&mut started.exit).await;
        whole.push(begun.elapsed());
        place.runtime.release(&spec.id).await.unwrap();
    }
    starts.sort_unstable();
    whole.sort_unstable();
    println!(
        "start: median {:?}; start to exit: median {:?}",
        starts[15], whole[15]
    );
}

/// What an idle container costs besides its own process.
async fn print_memory(place: &Place) {
    let mut running = Vec::new();
    for _ in 0..10 {
        let spec = place.spec("sleep 1000");
        let started = place.start(&spec, &[]).await;
        running.push((spec.id, started.exit));
    }
    // It gives back what it can when it was idle for a moment.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let pid = runner_of(&running[5].0).unwrap();
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    for line in rollup.lines().filter(|line| line.starts_with(['R', 'P'])) {
        println!("runner, one of ten: {line}");
    }
    for (id, mut exit) in running {
        place.runtime.signal(&id, None, Signal::KILL).await.unwrap();
        ended(&mut exit).await;
        place.runtime.release(&id).await.unwrap();
    }
}
