//! A busybox root file system, Docker's standard specification, and running to the end.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use palan_container::{Container, Process, StartError, Stdio};
use palan_model::run::{DeviceRule, Mount, Namespace, Namespaces};
use palan_model::{ContainerId, ProcessSpec, Resources, RootfsSpec, RunSpec};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Signal, WaitId, WaitIdOptions};

pub const DEFAULT_CAPABILITIES: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Why these tests cannot run here.
pub fn missing() -> Option<&'static str> {
    if !rustix::process::geteuid().is_root() {
        return Some("not root");
    }
    if busybox().is_none() {
        return Some("no static busybox (package busybox-static)");
    }
    None
}

fn busybox() -> Option<PathBuf> {
    ["/bin/busybox", "/usr/bin/busybox"]
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

/// A container to be, with its directories.
pub struct Fixture {
    pub directory: tempfile::TempDir,
    pub spec: RunSpec,
}

/// How a container ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub oom_killed: bool,
}

impl Fixture {
    /// A container that runs a shell script.
    pub fn shell(script: &str) -> Self {
        Self::new(&["/bin/sh", "-c", script])
    }

    pub fn new(args: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Other users of the container walk through it.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["lower", "upper", "work"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let spec = spec(directory.path(), args);
        Self { directory, spec }
    }

    /// The topmost layer of the image, empty at first; below it is busybox.
    pub fn lower(&self) -> PathBuf {
        self.directory.path().join("lower")
    }

    /// Makes overlay's work directory anew.
    #[allow(dead_code, reason = "the example's, not the tests'")]
    pub fn renew_work(&self) {
        let work = self.directory.path().join("work");
        fs::remove_dir_all(&work).unwrap();
        fs::create_dir(&work).unwrap();
    }

    /// Makes a directory of the host to bind from.
    pub fn host_directory(&self, name: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::create_dir(&path).unwrap();
        path
    }

    pub fn mount(&mut self, kind: &str, source: &Path, destination: &str, options: &str) {
        self.spec
            .mounts
            .push(mount(kind, source, destination, options));
    }

    /// Puts the process under Docker's default filter.
    pub fn filter(&mut self) {
        self.filter_with(&palan_seccomp::Profile::docker_default());
    }

    pub fn filter_with(&mut self, profile: &palan_seccomp::Profile) {
        let program = palan_seccomp::compile(profile, &self.spec.process.capabilities).unwrap();
        let path = self.directory.path().join("filter");
        fs::write(&path, program.bytes()).unwrap();
        self.spec.process.seccomp = Some(path);
    }

    pub fn refused(&self) -> StartError {
        let before = cgroups_left();
        let error = Running::start(&self.spec)
            .err()
            .expect("the start is refused");
        assert_eq!(cgroups_left(), before, "a failed start leaves no cgroups");
        error
    }

    pub fn run(&self) -> Outcome {
        Running::start(&self.spec)
            .unwrap_or_else(|error| panic!("{error}"))
            .wait()
    }
}

impl Drop for Fixture {
    /// Whatever a failed test has left.
    fn drop(&mut self) {
        let _ = palan_container::remove_leftovers(&self.spec.cgroup);
    }
}

/// Runs a script in a container and returns what it printed. The script must succeed.
pub fn output(script: &str) -> String {
    let outcome = Fixture::shell(script).run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome.stdout
}

/// A running container with its output pipes.
pub struct Running {
    pub container: Container,
    pub process: Process,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl Running {
    pub fn start(spec: &RunSpec) -> Result<Self, StartError> {
        let (stdio, stdout, stderr) = pipes();
        let (container, process) = Container::start(spec, None, stdio)?;
        Ok(Self {
            container,
            process,
            stdout,
            stderr,
        })
    }

    pub fn exec(&self, process: &ProcessSpec) -> Result<Outcome, StartError> {
        let (stdio, stdout, stderr) = pipes();
        let process = self.container.exec(process, stdio)?;
        Ok(collect(&process, stdout, stderr))
    }

    pub fn kill(self) -> Outcome {
        let _ = rustix::process::pidfd_send_signal(&self.process.pidfd, Signal::KILL);
        self.wait()
    }

    pub fn wait(self) -> Outcome {
        let mut outcome = collect(&self.process, self.stdout, self.stderr);
        outcome.oom_killed = self.container.oom_killed();
        self.container.remove().unwrap();
        outcome
    }
}

pub fn pipes() -> (Stdio, OwnedFd, OwnedFd) {
    let stdin = fs::File::open("/dev/null").unwrap().into();
    let (out_read, stdout) = std::io::pipe().unwrap();
    let (err_read, stderr) = std::io::pipe().unwrap();
    let stdio = Stdio::Pipes {
        stdin,
        stdout: stdout.into(),
        stderr: stderr.into(),
    };
    (stdio, out_read.into(), err_read.into())
}

fn collect(process: &Process, stdout: OwnedFd, stderr: OwnedFd) -> Outcome {
    let code = wait(process);
    Outcome {
        code,
        stdout: read(stdout),
        stderr: read(stderr),
        oom_killed: false,
    }
}

/// Waits at most half a minute for a process and reaps it.
pub fn wait(process: &Process) -> i32 {
    let mut event = [PollFd::new(&process.pidfd, PollFlags::IN)];
    let patience = Timespec {
        tv_sec: 30,
        tv_nsec: 0,
    };
    if rustix::event::poll(&mut event, Some(&patience)).unwrap() == 0 {
        let _ = rustix::process::pidfd_send_signal(&process.pidfd, Signal::KILL);
        panic!("process {} did not end", process.pid);
    }
    let id = WaitId::PidFd(process.pidfd.as_fd());
    let status = rustix::process::waitid(id, WaitIdOptions::EXITED)
        .unwrap()
        .unwrap();
    let signal = status.terminating_signal().map(|signal| 128 + signal);
    status.exit_status().or(signal).unwrap()
}

fn read(fd: OwnedFd) -> String {
    let mut text = Vec::new();
    fs::File::from(fd).read_to_end(&mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

/// Waits at most ten seconds.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "timed out: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The cgroup that all containers of this run are in, those of forked tests too.
pub fn parent() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| format!("palan-container-test-{}", std::process::id()))
}

/// Removes what all tests share.
pub fn remove_shared() {
    let _ = fs::remove_dir_all(busybox_root());
    for mount in fs::read_dir("/sys/fs/cgroup")
        .unwrap()
        .filter_map(Result::ok)
    {
        let _ = fs::remove_dir(mount.path().join(parent()));
    }
}

/// Cgroups of these tests that exist.
pub fn cgroups_left() -> Vec<PathBuf> {
    let mut left = Vec::new();
    for mount in fs::read_dir("/sys/fs/cgroup")
        .unwrap()
        .filter_map(Result::ok)
    {
        if let Ok(entries) = fs::read_dir(mount.path().join(parent())) {
            let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
            left.extend(paths.filter(|path| path.is_dir()));
        }
    }
    left
}

/// The layer that all containers share, made once.
fn busybox_root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = std::env::temp_dir().join(parent());
        fs::create_dir(&root).unwrap();
        make_root(&root);
        root
    })
}

pub fn make_root(root: &Path) {
    for name in [
        "bin", "dev", "etc", "proc", "sys", "tmp", "root", "home", "sbin",
    ] {
        fs::create_dir(root.join(name)).unwrap();
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    let busybox = busybox().unwrap();
    fs::copy(&busybox, root.join("bin/busybox")).unwrap();
    let list = std::process::Command::new(&busybox)
        .arg("--list")
        .output()
        .unwrap();
    for name in String::from_utf8(list.stdout).unwrap().lines() {
        if name != "busybox" {
            symlink("busybox", root.join("bin").join(name)).unwrap();
        }
    }
    let passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n";
    fs::write(root.join("etc/passwd"), passwd).unwrap();
    fs::write(
        root.join("etc/group"),
        "root:x:0:\napp:x:1001:\nvideo:x:44:app\n",
    )
    .unwrap();
}

pub fn mount(kind: &str, source: &Path, destination: &str, options: &str) -> Mount {
    Mount {
        destination: destination.to_owned(),
        kind: kind.to_owned(),
        source: source.to_owned(),
        options: options
            .split(',')
            .filter(|o| !o.is_empty())
            .map(str::to_owned)
            .collect(),
        copy_up: false,
    }
}

pub fn process(args: &[&str]) -> ProcessSpec {
    ProcessSpec {
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        env: vec!["PATH=/usr/bin:/bin:/sbin".to_owned()],
        cwd: "/".to_owned(),
        capabilities: DEFAULT_CAPABILITIES
            .iter()
            .map(|name| format!("CAP_{name}"))
            .collect(),
        ..ProcessSpec::default()
    }
}

fn allow(kind: char, major: Option<u32>, minor: Option<u32>, access: &str) -> DeviceRule {
    DeviceRule {
        allow: true,
        kind,
        major,
        minor,
        access: access.to_owned(),
    }
}

fn device_rules() -> Vec<DeviceRule> {
    let mut rules = vec![DeviceRule {
        allow: false,
        ..allow('a', None, None, "rwm")
    }];
    rules.push(allow('c', None, None, "m"));
    rules.push(allow('b', None, None, "m"));
    for (major, minor) in [
        (1, 3),
        (1, 5),
        (1, 7),
        (1, 8),
        (1, 9),
        (5, 0),
        (5, 1),
        (5, 2),
    ] {
        rules.push(allow('c', Some(major), Some(minor), "rwm"));
    }
    rules.push(allow('c', Some(136), None, "rwm"));
    rules
}

fn standard_mounts() -> Vec<Mount> {
    [
        ("proc", "proc", "/proc", "nosuid,noexec,nodev"),
        (
            "tmpfs",
            "tmpfs",
            "/dev",
            "nosuid,strictatime,mode=755,size=65536k",
        ),
        (
            "devpts",
            "devpts",
            "/dev/pts",
            "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5",
        ),
        ("sysfs", "sysfs", "/sys", "nosuid,noexec,nodev,ro"),
        (
            "cgroup",
            "cgroup",
            "/sys/fs/cgroup",
            "ro,nosuid,noexec,nodev",
        ),
        ("mqueue", "mqueue", "/dev/mqueue", "nosuid,noexec,nodev"),
        (
            "tmpfs",
            "shm",
            "/dev/shm",
            "nosuid,noexec,nodev,mode=1777,size=65536k",
        ),
    ]
    .into_iter()
    .map(|(kind, source, destination, options)| {
        mount(kind, Path::new(source), destination, options)
    })
    .collect()
}

fn spec(directory: &Path, args: &[&str]) -> RunSpec {
    let id = format!("{:0>64}", format!("{:x}", unique()));
    RunSpec {
        cgroup: format!("{}/{id}", parent()),
        id: id.parse::<ContainerId>().unwrap(),
        rootfs: RootfsSpec::Overlay {
            lower: vec![directory.join("lower"), busybox_root().to_owned()],
            upper: directory.join("upper"),
            work: directory.join("work"),
            volatile: true,
        },
        readonly_rootfs: false,
        mounts: standard_mounts(),
        devices: Vec::new(),
        device_rules: device_rules(),
        masked_paths: [
            "/proc/kcore",
            "/proc/keys",
            "/proc/timer_list",
            "/proc/acpi",
            "/sys/firmware",
        ]
        .map(str::to_owned)
        .to_vec(),
        readonly_paths: [
            "/proc/bus",
            "/proc/fs",
            "/proc/irq",
            "/proc/sys",
            "/proc/sysrq-trigger",
        ]
        .map(str::to_owned)
        .to_vec(),
        process: process(args),
        init: false,
        hostname: "box".to_owned(),
        domainname: String::new(),
        namespaces: Namespaces {
            cgroup: Namespace::Host,
            ..Namespaces::default()
        },
        resources: Resources::default(),
        sysctls: BTreeMap::new(),
        oom_score_adj: None,
        open_stdin: false,
        stdin_once: false,
        log: None,
    }
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    (u64::from(std::process::id()) << 20) + NEXT.fetch_add(1, Ordering::Relaxed)
}
