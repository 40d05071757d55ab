//! Namespaces, identity, devices, environment, exit codes.

use std::fs;
use std::os::fd::AsFd;

use palan_container::Container;
use palan_model::resources::Ulimit;
use palan_model::run::{DeviceNode, IdMap, Namespace, UserNamespace};

use crate::Test;
use crate::fixture::{Fixture, Running, output, pipes, wait};

pub const TESTS: &[Test] = &[
    ("a_program_sees_its_container", a_program_sees_its_container),
    ("exit_codes", exit_codes),
    ("new_namespaces_are_new", new_namespaces_are_new),
    (
        "host_namespaces_are_the_hosts",
        host_namespaces_are_the_hosts,
    ),
    (
        "namespaces_are_joined_by_path",
        namespaces_are_joined_by_path,
    ),
    (
        "a_network_namespace_is_joined_by_descriptor",
        a_network_namespace_is_joined_by_descriptor,
    ),
    ("user_namespace", user_namespace),
    ("users_and_groups", users_and_groups),
    (
        "capabilities_of_root_and_others",
        capabilities_of_root_and_others,
    ),
    ("devices", devices),
    ("device_of_the_host", device_of_the_host),
    ("rlimits", rlimits),
    ("sysctls_and_oom_score", sysctls_and_oom_score),
    ("working_directory", working_directory),
    ("signals_and_mask_are_fresh", signals_and_mask_are_fresh),
];

fn a_program_sees_its_container() {
    let text = output("echo pid $$; hostname; pwd; echo $HOME; umask; cat /proc/self/cgroup");
    assert!(text.starts_with("pid 1\nbox\n/\n/root\n0022\n"), "{text}");
    assert!(text.contains("memory:/palan-container-test-"), "{text}");
    let mounts = output("cat /proc/mounts");
    assert!(mounts.contains("overlay / overlay rw"), "{mounts}");
    assert!(
        mounts.contains("devpts /dev/pts devpts rw,nosuid,noexec"),
        "{mounts}"
    );
    assert!(
        mounts.contains("cgroup /sys/fs/cgroup/memory cgroup ro"),
        "{mounts}"
    );
}

fn exit_codes() {
    assert_eq!(Fixture::shell("exit 7").run().code, 7);
    // PID 1 of a namespace ignores signals from inside that it does not handle; a child does not.
    assert_eq!(
        Fixture::shell("sh -c 'kill -9 $$'; echo $?").run().stdout,
        "137\n"
    );
    let held = Fixture::shell("sleep 100");
    let running = start(&held);
    assert_eq!(running.kill().code, 137);
}

fn start(fixture: &Fixture) -> Running {
    Running::start(&fixture.spec).unwrap_or_else(|error| panic!("{error}"))
}

const LINKS: &str = "for i in pid ipc uts net mnt; do readlink /proc/self/ns/$i; done";

fn own(name: &str) -> String {
    let link = fs::read_link(format!("/proc/self/ns/{name}")).unwrap();
    link.to_str().unwrap().to_owned()
}

fn new_namespaces_are_new() {
    let text = output(LINKS);
    assert_eq!(text.lines().count(), 5, "{text}");
    for name in ["pid", "ipc", "uts", "net", "mnt"] {
        assert!(!text.contains(&own(name)), "{name} is the host's");
    }
    assert_eq!(output("ls /sys/class/net"), "lo\n");
    let mut fixture = Fixture::shell("cat /proc/self/cgroup; readlink /proc/self/ns/cgroup");
    fixture.spec.namespaces.cgroup = Namespace::New;
    let text = fixture.run().stdout;
    assert!(
        text.contains("memory:/\n") && !text.contains(&own("cgroup")),
        "{text}"
    );
}

fn host_namespaces_are_the_hosts() {
    let mut fixture = Fixture::shell(LINKS);
    let namespaces = &mut fixture.spec.namespaces;
    for one in [
        &mut namespaces.pid,
        &mut namespaces.ipc,
        &mut namespaces.uts,
        &mut namespaces.net,
    ] {
        *one = Namespace::Host;
    }
    let text = fixture.run().stdout;
    for name in ["pid", "ipc", "uts", "net"] {
        assert!(
            text.contains(&own(name)),
            "{name} is not the host's: {text}"
        );
    }
}

fn namespaces_are_joined_by_path() {
    let held = Fixture::shell("echo x > /dev/shm/x; sleep 100");
    let first = start(&held);
    let path = |name: &str| format!("/proc/{}/ns/{name}", first.process.pid).into();
    let mut fixture = Fixture::shell(
        "echo $$; hostname; for i in pid ipc uts net; do readlink /proc/self/ns/$i; done",
    );
    fixture.spec.namespaces.pid = Namespace::Join(path("pid"));
    fixture.spec.namespaces.ipc = Namespace::Join(path("ipc"));
    fixture.spec.namespaces.uts = Namespace::Join(path("uts"));
    fixture.spec.namespaces.net = Namespace::Join(path("net"));
    let text = fixture.run().stdout;
    assert!(
        !text.starts_with("1\n") && text.contains("\nbox\n"),
        "{text}"
    );
    for name in ["pid", "ipc", "uts", "net"] {
        let theirs = fs::read_link(path(name)).unwrap();
        assert!(text.contains(theirs.to_str().unwrap()), "{name}: {text}");
    }
    for name in ["pid", "ipc", "uts", "net"] {
        assert!(!text.contains(&own(name)), "we came back from {name}");
    }
    first.kill();
}

fn a_network_namespace_is_joined_by_descriptor() {
    let held = Fixture::shell("sleep 100");
    let first = start(&held);
    let path = format!("/proc/{}/ns/net", first.process.pid);
    let netns = fs::File::open(&path).unwrap();
    let mut fixture = Fixture::shell("readlink /proc/self/ns/net");
    fixture.spec.namespaces.net = Namespace::Join("".into());
    let (stdio, stdout, _stderr) = pipes();
    let (container, process) = Container::start(&fixture.spec, Some(netns.as_fd()), stdio).unwrap();
    assert_eq!(wait(&process), 0);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut fs::File::from(stdout), &mut text).unwrap();
    assert_eq!(text.trim(), fs::read_link(path).unwrap().to_str().unwrap());
    container.remove().unwrap();
    first.kill();
}

fn user_namespace() {
    let mut fixture = Fixture::shell(
        "id -u; cat /proc/self/uid_map; ls -ln /dev/null; touch /tmp/x && stat -c %u /tmp/x; cat /proc/self/oom_score_adj",
    );
    let map = vec![IdMap {
        container: 0,
        host: 100_000,
        size: 65536,
    }];
    fixture.spec.namespaces.user = Some(UserNamespace {
        uid_map: map.clone(),
        gid_map: map,
    });
    crate::fixture::make_root(&fixture.lower());
    let mut chown = std::process::Command::new("chown");
    chown
        .args(["-R", "100000:100000"])
        .arg(fixture.directory.path());
    assert!(chown.status().unwrap().success());
    fixture.spec.oom_score_adj = Some(321);
    let outcome = fixture.run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[0], "0");
    assert_eq!(
        lines[1].split_whitespace().collect::<Vec<_>>(),
        ["0", "100000", "65536"]
    );
    assert!(lines[2].starts_with("crw-rw-rw-"), "{outcome:?}");
    assert_eq!(lines[3..], ["0", "321"]);
    let upper = fixture.directory.path().join("upper/tmp/x");
    assert_eq!(
        std::os::unix::fs::MetadataExt::uid(&upper.metadata().unwrap()),
        100_000
    );
}

fn users_and_groups() {
    let run = |user: &str, groups: &[&str]| {
        let mut fixture =
            Fixture::shell("id; echo $HOME; echo out > /dev/stdout; echo err > /dev/stderr");
        fixture.spec.process.user = user.to_owned();
        fixture.spec.process.additional_groups = groups.iter().map(|g| (*g).to_owned()).collect();
        let outcome = fixture.run();
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (0, "err\n"),
            "{outcome:?}"
        );
        outcome.stdout
    };
    assert_eq!(
        run("", &[]),
        "uid=0(root) gid=0(root) groups=0(root)\n/root\nout\n"
    );
    assert_eq!(
        run("app", &[]),
        "uid=1000(app) gid=1001(app) groups=44(video),1001(app)\n/home/app\nout\n"
    );
    assert_eq!(
        run("app:0", &["video"]),
        "uid=1000(app) gid=0(root) groups=0(root),44(video)\n/home/app\nout\n"
    );
    assert_eq!(run("4242:77", &[]), "uid=4242 gid=77 groups=77\n/\nout\n");
}

fn capabilities_of_root_and_others() {
    let script = "grep -E 'Cap|NoNew|Seccomp:' /proc/self/status | awk '{print $2}' | xargs";
    let run = |user: &str, no_new_privileges: bool, filter: bool| {
        let mut fixture = Fixture::shell(script);
        fixture.spec.process.user = user.to_owned();
        fixture.spec.process.no_new_privileges = no_new_privileges;
        if filter {
            fixture.filter();
        }
        let outcome = fixture.run();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        outcome.stdout
    };
    let (none, some) = ("0000000000000000", "00000000a80425fb");
    // Inheritable, permitted, effective, bounding, ambient, no_new_privs, seccomp.
    for filter in [false, true] {
        let mode = if filter { 2 } else { 0 };
        for nnp in [false, true] {
            let bit = u8::from(nnp);
            assert_eq!(
                run("", nnp, filter),
                format!("{none} {some} {some} {some} {none} {bit} {mode}\n")
            );
            assert_eq!(
                run("app", nnp, filter),
                format!("{none} {none} {none} {some} {none} {bit} {mode}\n")
            );
        }
    }
}

fn devices() {
    let text = output(
        "cd /dev; ls -ln null zero full random urandom tty; for i in fd stdin ptmx; do readlink $i; done; head -c 3 /dev/zero | wc -c",
    );
    assert_eq!(text.matches("crw-rw-rw-").count(), 6, "{text}");
    assert!(
        text.contains("/proc/self/fd\n/proc/self/fd/0\npts/ptmx\n"),
        "{text}"
    );
    assert!(text.ends_with("3\n"), "{text}");
    assert_eq!(
        output("[ -e /proc/kcore ] && [ ! -L /dev/core ] && echo missing; exit 0"),
        ""
    );
    assert_eq!(
        output("ls /dev/console 2>&1; exit 0"),
        "ls: /dev/console: No such file or directory\n"
    );
}

fn device_of_the_host() {
    let mut fixture = Fixture::shell("ls -ln /dev/deep/fuse; dd if=/dev/deep/fuse count=0");
    fixture.spec.devices.push(DeviceNode {
        path: "/dev/deep/fuse".to_owned(),
        kind: 'c',
        major: 10,
        minor: 229,
        mode: 0o640,
        uid: 3,
        gid: 4,
    });
    let outcome = fixture.run();
    assert!(
        outcome
            .stdout
            .starts_with("crw-r-----    1 3        4          10, 229"),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("Operation not permitted"),
        "the device cgroup: {outcome:?}"
    );
    fixture
        .spec
        .device_rules
        .push(palan_model::run::DeviceRule {
            allow: true,
            kind: 'c',
            major: Some(10),
            minor: Some(229),
            access: "rwm".to_owned(),
        });
    assert_eq!(fixture.run().code, 0);
}

fn rlimits() {
    let mut fixture = Fixture::shell("ulimit -Sn; ulimit -Hn; ulimit -c");
    let limit = |name: &str, soft, hard| Ulimit {
        name: name.to_owned(),
        soft,
        hard,
    };
    fixture.spec.process.rlimits = vec![limit("nofile", 100, 200), limit("core", 0, 0)];
    assert_eq!(fixture.run().stdout, "100\n200\n0\n");
    // Higher than we may: what we have ourselves.
    let mut fixture = Fixture::shell("ulimit -Hn");
    fixture.spec.process.rlimits = vec![limit("nofile", 1 << 20, 1 << 20)];
    let own = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .maximum
        .unwrap_or(1 << 20);
    let got: u64 = fixture.run().stdout.trim().parse().unwrap();
    assert!(got == 1 << 20 || got == own, "{got}");
}

fn sysctls_and_oom_score() {
    let mut fixture = Fixture::shell("cat /proc/sys/kernel/msgmax /proc/self/oom_score_adj");
    fixture
        .spec
        .sysctls
        .insert("kernel.msgmax".to_owned(), "4096".to_owned());
    fixture.spec.oom_score_adj = Some(500);
    assert_eq!(fixture.run().stdout, "4096\n500\n");
}

fn working_directory() {
    let mut fixture = Fixture::shell("pwd; ls -ldn .");
    fixture.spec.process.cwd = "/made/for/it".to_owned();
    let text = fixture.run().stdout;
    assert!(
        text.starts_with("/made/for/it\ndrwxr-xr-x    2 0        0"),
        "{text}"
    );
}

fn signals_and_mask_are_fresh() {
    let text = output("grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status | awk '{print $2}' | xargs");
    let zero = "0000000000000000";
    assert_eq!(text, format!("{zero} {zero} {zero}\n"));
}
