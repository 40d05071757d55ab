//! Cgroup version 2 alone: on a hybrid host, in a mount namespace in which version 1 is not mounted.
//! Its limits need controllers, which a hybrid host keeps in version 1; they are tested as plans.

use std::fs;

use palan_linux::clone::{exit_now, fork};
use palan_linux::namespaces::unshare;
use palan_model::run::{DeviceNode, DeviceRule, Namespace};
use rustix::mount::{MountPropagationFlags, UnmountFlags};
use rustix::thread::UnshareFlags;

use crate::Test;
use crate::fixture::{Fixture, Running, process, until};

pub const TESTS: &[Test] = &[
    ("v2_devices", || alone(devices)),
    ("v2_shows_the_own_cgroup_only", || {
        alone(shows_the_own_cgroup_only)
    }),
    ("v2_freezes_and_kills", || alone(freezes_and_kills)),
];

/// Runs a test in a child that sees version 2 only.
fn alone(test: fn()) {
    if !fs::read_to_string("/proc/self/mountinfo")
        .unwrap()
        .contains(" - cgroup2 ")
    {
        eprintln!("SKIPPED: a test of cgroup v2: it is not mounted here");
        return;
    }
    let Some(child) = fork().unwrap() else {
        let result = std::panic::catch_unwind(|| {
            hide_v1();
            test();
        });
        exit_now(i32::from(result.is_err()));
    };
    let pid = rustix::process::Pid::from_raw(child);
    let options = rustix::process::WaitOptions::empty();
    let (_, status) = rustix::process::waitpid(pid, options).unwrap().unwrap();
    assert_eq!(status.exit_status(), Some(0));
}

fn hide_v1() {
    unshare(UnshareFlags::NEWNS).unwrap();
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private).unwrap();
    for line in fs::read_to_string("/proc/self/mountinfo").unwrap().lines() {
        if line.contains(" - cgroup ") {
            let path = line.split(' ').nth(4).unwrap();
            rustix::mount::unmount(path, UnmountFlags::DETACH).unwrap();
        }
    }
}

fn start(fixture: &Fixture) -> Running {
    Running::start(&fixture.spec).unwrap_or_else(|error| panic!("{error}"))
}

fn devices() {
    let mut fixture = Fixture::shell("echo x > /dev/null && dd if=/dev/fuse count=0");
    fixture.spec.devices.push(DeviceNode {
        path: "/dev/fuse".to_owned(),
        kind: 'c',
        major: 10,
        minor: 229,
        mode: 0o666,
        uid: 0,
        gid: 0,
    });
    let outcome = fixture.run();
    assert!(
        outcome
            .stderr
            .contains("'/dev/fuse': Operation not permitted"),
        "{outcome:?}"
    );
    fixture.spec.device_rules.push(DeviceRule {
        allow: true,
        kind: 'c',
        major: Some(10),
        minor: Some(229),
        access: "rw".to_owned(),
    });
    assert_eq!(fixture.run().code, 0);
}

fn shows_the_own_cgroup_only() {
    let script = "cat /proc/self/cgroup | grep ^0; grep cgroup2 /proc/mounts; touch /sys/fs/cgroup/x; \
                  cat /sys/fs/cgroup/cgroup.procs";
    let mut fixture = Fixture::shell(script);
    fixture.spec.namespaces.cgroup = Namespace::New;
    let outcome = fixture.run();
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[0], "0::/", "{outcome:?}");
    assert!(
        lines[1].starts_with("cgroup /sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec"),
        "{outcome:?}"
    );
    assert_eq!(lines[2], "1", "{outcome:?}");
    assert!(
        outcome.stderr.contains("Read-only file system"),
        "{outcome:?}"
    );
}

fn freezes_and_kills() {
    let fixture = Fixture::shell("i=0; while :; do i=$((i+1)); echo $i > /tmp/count; done");
    let running = start(&fixture);
    let file = fixture.directory.path().join("upper/tmp/count");
    let count = || fs::read_to_string(&file).unwrap_or_default();
    until("it counts", || !count().is_empty());
    let outcome = running
        .exec(&process(&["cat", "/proc/self/cgroup"]))
        .unwrap();
    assert!(
        outcome
            .stdout
            .contains(&format!("0::/{}", fixture.spec.cgroup)),
        "{outcome:?}"
    );
    running.container.freeze(true).unwrap();
    let before = count();
    std::thread::sleep(std::time::Duration::from_millis(30));
    assert_eq!(count(), before);
    assert!(!running.container.oom_killed());
    palan_container::remove_leftovers(&fixture.spec.cgroup).unwrap();
    assert_eq!(crate::fixture::wait(&running.process), 137);
}
