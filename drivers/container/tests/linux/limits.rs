//! Memory, processes, CPUs; freezing; changing limits of a running container.

use std::fs;

use palan_model::Resources;

use crate::Test;
use crate::fixture::{Fixture, Running, process, until};

pub const TESTS: &[Test] = &[
    ("memory_is_limited", memory_is_limited),
    ("processes_are_limited", processes_are_limited),
    ("limits_are_written", limits_are_written),
    ("limits_change_while_running", limits_change_while_running),
    ("freezing_stops_time", freezing_stops_time),
    ("leftovers_are_removed", leftovers_are_removed),
    (
        "a_container_without_own_pids_is_killed_whole",
        a_container_without_own_pids_is_killed_whole,
    ),
];

const MIB: i64 = 1 << 20;

fn start(fixture: &Fixture) -> Running {
    Running::start(&fixture.spec).unwrap_or_else(|error| panic!("{error}"))
}

fn memory_is_limited() {
    let mut fixture = Fixture::shell("head -c 100m /dev/zero | tail -c 90m | wc -c");
    fixture.spec.process.args = vec!["tail".to_owned(), "/dev/zero".to_owned()];
    fixture.spec.resources = Resources {
        memory: 20 * MIB,
        memory_swap: 20 * MIB,
        ..Resources::default()
    };
    let outcome = fixture.run();
    assert_eq!(
        (outcome.code, outcome.oom_killed),
        (137, true),
        "{outcome:?}"
    );
    let mut fixture = Fixture::shell("true");
    fixture.spec.resources.memory = 20 * MIB;
    assert!(!fixture.run().oom_killed);
}

fn processes_are_limited() {
    let mut fixture = Fixture::shell("for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait");
    fixture.spec.resources.pids_limit = Some(5);
    let outcome = fixture.run();
    assert!(outcome.stderr.contains("can't fork"), "{outcome:?}");
}

fn value(fixture: &Fixture, file: &str) -> String {
    let controller = file.split('.').next().unwrap();
    let path = format!("/sys/fs/cgroup/{controller}/{}/{file}", fixture.spec.cgroup);
    fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .trim()
        .to_owned()
}

fn limits_are_written() {
    if !fs::exists("/sys/fs/cgroup/cpu/cpu.shares").unwrap() {
        eprintln!("SKIPPED: limits_are_written: no cgroup v1 here");
        return;
    }
    let mut fixture = Fixture::shell("sleep 100");
    fixture.spec.resources = Resources {
        memory: 64 * MIB,
        cpu_shares: 512,
        nano_cpus: 500_000_000,
        cpuset_cpus: "0".to_owned(),
        pids_limit: Some(77),
        ..Resources::default()
    };
    let running = start(&fixture);
    assert_eq!(value(&fixture, "memory.limit_in_bytes"), "67108864");
    assert_eq!(value(&fixture, "cpu.shares"), "512");
    assert_eq!(value(&fixture, "cpu.cfs_quota_us"), "50000");
    assert_eq!(value(&fixture, "cpuset.cpus"), "0");
    assert_eq!(value(&fixture, "pids.max"), "77");
    assert_eq!(
        running.container.processes().unwrap().first(),
        Some(&running.process.pid)
    );
    running.kill();
}

fn limits_change_while_running() {
    let mut fixture = Fixture::shell("sleep 100");
    fixture.spec.resources = Resources {
        memory: 64 * MIB,
        memory_swap: 64 * MIB,
        ..Resources::default()
    };
    let running = start(&fixture);
    for memory in [128 * MIB, 32 * MIB] {
        let change = Resources {
            memory,
            memory_swap: memory,
            pids_limit: Some(9),
            ..Resources::default()
        };
        running.container.update(&change).unwrap();
        assert_eq!(value(&fixture, "memory.limit_in_bytes"), memory.to_string());
        assert_eq!(value(&fixture, "pids.max"), "9");
    }
    running.kill();
}

fn freezing_stops_time() {
    let fixture = Fixture::shell("i=0; while :; do i=$((i+1)); echo $i > /tmp/count; done");
    let running = start(&fixture);
    let file = fixture.directory.path().join("upper/tmp/count");
    let count = || fs::read_to_string(&file).unwrap_or_default();
    until("it counts", || !count().is_empty());
    running.container.freeze(true).unwrap();
    let before = count();
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(count(), before);
    running.container.freeze(false).unwrap();
    until("it counts again", || {
        !count().is_empty() && count() != before
    });
    running.container.freeze(true).unwrap();
    let outcome = running.kill();
    assert_eq!(outcome.code, 137);
}

fn leftovers_are_removed() {
    let fixture = Fixture::shell("sleep 100 & sleep 100");
    let running = start(&fixture);
    palan_container::remove_leftovers(&fixture.spec.cgroup).unwrap();
    assert!(crate::fixture::cgroups_left().is_empty());
    palan_container::remove_leftovers(&fixture.spec.cgroup).unwrap();
    running.wait();
}

fn a_container_without_own_pids_is_killed_whole() {
    let mut fixture = Fixture::shell("sleep 1000 & sleep 1000 & echo $!");
    fixture.spec.namespaces.pid = palan_model::run::Namespace::Host;
    fixture.spec.process = process(&["/bin/sh", "-c", "sleep 1000 >&- 2>&- & echo $!"]);
    let outcome = fixture.run();
    let orphan = outcome.stdout.trim();
    assert!(!orphan.is_empty());
    // Nobody may have reaped it yet.
    let status = fs::read_to_string(format!("/proc/{orphan}/status")).unwrap_or_default();
    let is_alive = status.contains("Name:\tsleep") && !status.contains("State:\tZ");
    assert!(!is_alive, "the orphan was killed with its cgroup: {status}");
}
