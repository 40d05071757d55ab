//! What a container must not be able to do, under Docker's default capabilities and filter.

use std::fs;

use crate::Test;
use crate::fixture::Fixture;

pub const TESTS: &[Test] = &[
    (
        "other_processes_are_invisible",
        other_processes_are_invisible,
    ),
    ("the_host_cannot_be_reached", the_host_cannot_be_reached),
    ("privileged_calls_are_refused", privileged_calls_are_refused),
    ("raw_devices_are_refused", raw_devices_are_refused),
    ("a_strict_filter_still_starts", a_strict_filter_still_starts),
];

fn run(script: &str) -> String {
    let mut fixture = Fixture::shell(script);
    fixture.filter();
    let outcome = fixture.run();
    format!("{}{}", outcome.stdout, outcome.stderr)
}

fn other_processes_are_invisible() {
    let text = run("ls -d /proc/[0-9]* | wc -l; kill -0 2 || echo none");
    let count: u32 = text.lines().next().unwrap().parse().unwrap();
    assert!(count <= 4, "{text}");
}

fn the_host_cannot_be_reached() {
    let marker = tempfile::NamedTempFile::new().unwrap();
    let path = marker.path().display();
    let text = run(&format!(
        "cat {path}; cat /proc/1/root{path}; cat /../../../..{path}; cd /proc/self/cwd; cat ../../..{path}"
    ));
    assert_eq!(
        text.matches("No such file or directory").count(),
        4,
        "{text}"
    );
    let mountinfo = run("cat /proc/self/mountinfo");
    assert!(!mountinfo.contains("/dev/vda / "), "{mountinfo}");
}

fn privileged_calls_are_refused() {
    for (script, words) in [
        (
            "mount -t tmpfs tmpfs /tmp",
            "mount: permission denied (are you root?)",
        ),
        ("umount /proc", "Operation not permitted"),
        ("reboot -f", "Operation not permitted"),
        ("insmod /bin/busybox", "Operation not permitted"),
        ("unshare -m true", "Operation not permitted"),
        ("hostname other", "Operation not permitted"),
        ("date -s 2000-01-01 > /dev/null", "Operation not permitted"),
        (
            "chroot /etc /bin/true; mknod /tmp/sda b 8 0 && dd if=/tmp/sda count=1",
            "Operation not permitted",
        ),
        ("ip link add dummy0 type dummy", "Operation not permitted"),
    ] {
        let text = run(script);
        assert!(
            text.to_lowercase().contains(&words.to_lowercase()),
            "{script}: {text}"
        );
    }
    // The calls themselves, past what a program says about them: see tests of `palan-seccomp`.
    assert_eq!(run("grep Seccomp: /proc/self/status"), "Seccomp:\t2\n");
}

fn raw_devices_are_refused() {
    let root = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let device = root.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let device = fields.nth(2)?;
        (fields.nth(1)? == "/").then(|| device.replace(':', " "))
    });
    let device = device.unwrap();
    let text = run(&format!(
        "mknod /tmp/disk b {device} && dd if=/tmp/disk of=/dev/null count=1"
    ));
    assert!(
        text.contains("/tmp/disk': Operation not permitted"),
        "{text}"
    );
    let text = run("mknod /tmp/mem c 1 1 && dd if=/tmp/mem of=/dev/null count=1");
    assert!(text.contains("Operation not permitted"), "{text}");
}

fn a_strict_filter_still_starts() {
    let profile = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW",
        "names": ["execve", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq",
        "prlimit64", "readlink", "readlinkat", "getrandom", "mprotect", "mmap", "munmap", "write",
        "exit_group", "getuid", "setuid", "prctl", "ioctl", "fstat", "newfstatat"]}]}"#;
    for no_new_privileges in [false, true] {
        let mut fixture = Fixture::new(&["echo", "hi"]);
        fixture.filter_with(&palan_seccomp::Profile::from_json(profile).unwrap());
        fixture.spec.process.no_new_privileges = no_new_privileges;
        let outcome = fixture.run();
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (0, "hi\n"),
            "{outcome:?}"
        );
    }
}
