//! Exec, terminals, init, the death of the parent, many containers.

use std::fs;
use std::io::Write;

use palan_container::{Container, Process, Stdio};
use palan_linux::clone::{exit_now, fork};
use palan_model::ErrorKind;
use rustix::event::{PollFd, PollFlags, Timespec};

use crate::Test;
use crate::fixture::{Fixture, Running, cgroups_left, pipes, process, until, wait};

pub const TESTS: &[Test] = &[
    ("exec_enters_everything", exec_enters_everything),
    ("exec_fails_in_dockers_words", exec_fails_in_dockers_words),
    ("exec_as_another_user", exec_as_another_user),
    ("a_terminal", a_terminal),
    ("exec_with_a_terminal", exec_with_a_terminal),
    ("init_reaps_and_forwards", init_reaps_and_forwards),
    ("init_reports_what_is_missing", init_reports_what_is_missing),
    (
        "the_container_dies_with_its_parent",
        the_container_dies_with_its_parent,
    ),
    ("no_descriptor_leaks", no_descriptor_leaks),
    ("many_times_leave_nothing", many_times_leave_nothing),
];

fn start(fixture: &Fixture) -> Running {
    Running::start(&fixture.spec).unwrap_or_else(|error| panic!("{error}"))
}

fn exec_enters_everything() {
    let mut fixture = Fixture::shell("echo here > /tmp/x; sleep 100");
    fixture.spec.process.args[2] = "echo here > /tmp/x; touch /tmp/ready; sleep 100".to_owned();
    let running = start(&fixture);
    until("ready", || {
        fixture.directory.path().join("upper/tmp/ready").exists()
    });
    let script = "cat /tmp/x; hostname; ps | grep -c sleep; grep memory /proc/self/cgroup; \
                  for i in mnt pid net uts ipc; do [ $(readlink /proc/1/ns/$i) = $(readlink /proc/self/ns/$i) ] || echo $i differs; done; \
                  grep CapEff /proc/self/status";
    let outcome = running.exec(&process(&["/bin/sh", "-c", script])).unwrap();
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[..2], ["here", "box"], "{outcome:?}");
    assert!(lines[3].ends_with(&fixture.spec.cgroup), "{outcome:?}");
    assert_eq!(lines[4], "CapEff:\t00000000a80425fb", "{outcome:?}");
    let code = running
        .exec(&process(&["/bin/sh", "-c", "exit 42"]))
        .unwrap()
        .code;
    assert_eq!(code, 42);
    running.kill();
}

fn exec_fails_in_dockers_words() {
    let held = Fixture::shell("sleep 100");
    let running = start(&held);
    let error = running.exec(&process(&["nosuchcmd"])).unwrap_err();
    assert_eq!(
        (error.exit_code, error.message.as_str()),
        (
            127,
            "exec: \"nosuchcmd\": executable file not found in $PATH"
        )
    );
    let mut elsewhere = process(&["true"]);
    elsewhere.cwd = "/no/such".to_owned();
    let error = running.exec(&elsewhere).unwrap_err();
    assert_eq!(
        error.message,
        "chdir to cwd (\"/no/such\") set in config.json failed: no such file or directory"
    );
    let _ =
        rustix::process::pidfd_send_signal(&running.process.pidfd, rustix::process::Signal::KILL);
    wait(&running.process);
    let error = running.exec(&process(&["true"])).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    running.container.remove().unwrap();
}

fn exec_as_another_user() {
    let held = Fixture::shell("sleep 100");
    let running = start(&held);
    let mut other = process(&[
        "/bin/sh",
        "-c",
        "id; pwd; echo $HOME $X; grep CapBnd /proc/self/status",
    ]);
    other.user = "app".to_owned();
    other.cwd = "/tmp".to_owned();
    other.env.push("X=y".to_owned());
    other.capabilities = vec!["CAP_CHOWN".to_owned()];
    let outcome = running.exec(&other).unwrap();
    assert_eq!(
        outcome.stdout,
        "uid=1000(app) gid=1001(app) groups=44(video),1001(app)\n/tmp\n/home/app y\nCapBnd:\t0000000000000001\n"
    );
    running.kill();
}

/// Reads a terminal until its other end is closed or the text has come.
fn read_console(process: &Process, until: Option<&str>) -> String {
    let console = process.console.as_ref().unwrap();
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if until.is_some_and(|wanted| text.contains(wanted)) {
            return text;
        }
        let mut event = [PollFd::new(console, PollFlags::IN)];
        let patience = Timespec {
            tv_sec: 20,
            tv_nsec: 0,
        };
        assert!(
            rustix::event::poll(&mut event, Some(&patience)).unwrap() > 0,
            "{text}"
        );
        match rustix::io::read(console, &mut buffer) {
            Ok(count) if count > 0 => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
            _ => return text,
        }
    }
}

fn a_terminal() {
    let mut fixture =
        Fixture::shell("tty; stty size; ls -ln /dev/console; read line; echo got $line; exit 5");
    fixture.spec.process.tty = true;
    fixture.spec.process.console_size = Some([33, 111]);
    let (container, process) = Container::start(&fixture.spec, None, Stdio::Terminal).unwrap();
    let text = read_console(&process, Some("/dev/console\r\n"));
    assert!(
        text.starts_with("/dev/pts/0\r\n33 111\r\ncrw--w----"),
        "{text}"
    );
    let mut console = fs::File::from(process.console.as_ref().unwrap().try_clone().unwrap());
    console.write_all(b"hello\n").unwrap();
    let text = read_console(&process, None);
    assert!(text.contains("got hello\r\n"), "{text}");
    assert_eq!(wait(&process), 5);
    container.remove().unwrap();
}

fn exec_with_a_terminal() {
    let held = Fixture::shell("sleep 100");
    let running = start(&held);
    let mut shell = process(&["/bin/sh", "-c", "tty; stty size; sleep 100"]);
    shell.console_size = Some([10, 20]);
    let process = running.container.exec(&shell, Stdio::Terminal).unwrap();
    let text = read_console(&process, Some("10 20"));
    assert!(text.starts_with("/dev/pts/0\r\n10 20"), "{text}");
    // It is the controlling terminal: the interrupt key works.
    rustix::io::write(process.console.as_ref().unwrap(), b"\x03").unwrap();
    assert_eq!(wait(&process), 130);
    running.kill();
}

fn init_reaps_and_forwards() {
    let mut fixture = Fixture::shell(
        "trap 'exit 9' TERM; sh -c 'sleep 0 & exec sleep 0' & (sleep 0.01 &) ; touch /tmp/ready; while :; do sleep 0.02; done",
    );
    fixture.spec.init = true;
    let running = start(&fixture);
    until("ready", || {
        fixture.directory.path().join("upper/tmp/ready").exists()
    });
    let outcome = running
        .exec(&process(&[
            "/bin/sh",
            "-c",
            "cat /proc/1/cmdline | tr '\\0' ' '; touch /sbin/docker-init",
        ]))
        .unwrap();
    assert!(
        outcome
            .stdout
            .starts_with("/sbin/docker-init -- /bin/sh -c "),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("Read-only file system"),
        "{outcome:?}"
    );
    let zombies = || {
        running
            .exec(&process(&[
                "/bin/sh",
                "-c",
                "grep -l 'State:.Z' /proc/[0-9]*/status",
            ]))
            .unwrap()
            .stdout
    };
    until("no zombies", || zombies().is_empty());
    palan_linux::signals::send(&running.process.pidfd, 15).unwrap();
    assert_eq!(running.wait().code, 9);
}

fn init_reports_what_is_missing() {
    let mut fixture = Fixture::new(&["nope"]);
    fixture.spec.init = true;
    let outcome = fixture.run();
    assert_eq!(outcome.code, 127);
    assert!(
        outcome
            .stderr
            .contains("executable file not found in $PATH"),
        "{outcome:?}"
    );
}

fn the_container_dies_with_its_parent() {
    let fixture = Fixture::shell("touch /tmp/ready; sleep 1000");
    let Some(runner) = fork().unwrap() else {
        let (stdio, _stdout, _stderr) = pipes();
        let _started = Container::start(&fixture.spec, None, stdio);
        std::thread::sleep(std::time::Duration::from_secs(1000));
        exit_now(0)
    };
    until("ready", || {
        fixture.directory.path().join("upper/tmp/ready").exists()
    });
    palan_linux::signals::kill(runner, 9).unwrap();
    let pid = rustix::process::Pid::from_raw(runner);
    rustix::process::waitpid(pid, rustix::process::WaitOptions::empty()).unwrap();
    palan_container::remove_leftovers(&fixture.spec.cgroup).unwrap();
    assert!(cgroups_left().is_empty());
}

fn no_descriptor_leaks() {
    // A descriptor that somebody forgot to mark.
    let leaked = fs::File::open("/").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let script = "ls -l /proc/self/fd | grep -o '[0-9]* ->.*'; exit 0";
    let held = Fixture::shell("sleep 100");
    let running = start(&held);
    let outputs = [
        Fixture::shell(script).run().stdout,
        running
            .exec(&process(&["/bin/sh", "-c", script]))
            .unwrap()
            .stdout,
    ];
    for text in outputs {
        let lines: Vec<&str> = text.lines().collect();
        let others = lines.iter().skip(3).filter(|line| !line.contains("/proc/"));
        assert_eq!(
            others.count(),
            0,
            "only the streams and ls's own directory: {text}"
        );
        assert!(
            lines[0].contains("/dev/null") && lines[2].contains("pipe:"),
            "{text}"
        );
    }
    running.kill();
}

fn many_times_leave_nothing() {
    let count = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = (count(), fs::read_to_string("/proc/self/mountinfo").unwrap());
    for _ in 0..20 {
        assert_eq!(Fixture::new(&["true"]).run().code, 0);
        Fixture::new(&["nope"]).refused();
    }
    assert_eq!(
        (count(), fs::read_to_string("/proc/self/mountinfo").unwrap()),
        before
    );
    assert!(cgroups_left().is_empty());
}
