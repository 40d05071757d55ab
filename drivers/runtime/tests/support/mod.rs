//! A place to run containers in: a busybox root directory, a run root, a log directory.

#![allow(dead_code, reason = "each test program uses a part of this")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use palan_contracts::{AttachStream, ExitReceiver, Runtime, Started};
use palan_model::log::{LogSpec, StdStream};
use palan_model::run::{DeviceRule, Mount, Namespaces};
use palan_model::runner::AttachSpec;
use palan_model::{ContainerId, ProcessSpec, Resources, RootfsSpec, RunSpec};
use palan_runtime::LinuxRuntime;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

/// Longer than anything here takes; only what hangs meets it.
pub const BOUND: Duration = Duration::from_secs(60);

/// Programs of busybox that the tests call.
const APPLETS: [&str; 16] = [
    "sh", "cat", "echo", "sleep", "true", "false", "seq", "stty", "tty", "head", "yes", "kill",
    "ls", "mkdir", "dd", "wc",
];

/// All output, no input.
pub const OUTPUT: AttachSpec = AttachSpec {
    stdin: false,
    stdout: true,
    stderr: true,
};

/// Everything.
pub const ALL: AttachSpec = AttachSpec {
    stdin: true,
    stdout: true,
    stderr: true,
};

/// A root directory and everything beside it, removed at the end.
pub struct Place {
    directory: TempDir,
    pub runtime: LinuxRuntime,
}

impl Place {
    /// None, said loudly, when this machine cannot run containers.
    pub fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("SKIPPED: running containers needs root");
            return None;
        }
        let busybox = Path::new("/usr/bin/busybox");
        if !busybox.exists() {
            eprintln!(
                "SKIPPED: there is no {} (package busybox-static)",
                busybox.display()
            );
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let bin = directory.path().join("root/bin");
        fs::create_dir_all(&bin).unwrap();
        fs::copy(busybox, bin.join("busybox")).unwrap();
        for applet in APPLETS {
            symlink("busybox", bin.join(applet)).unwrap();
        }
        fs::write(directory.path().join("root/plain"), "not a program").unwrap();
        let runtime = LinuxRuntime::new(runner(), directory.path().join("run"));
        Some(Self { directory, runtime })
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The cgroup of all containers here.
    fn cgroup(&self) -> String {
        let name = self.path().file_name().unwrap();
        format!("palan-test{}", name.to_str().unwrap())
    }

    /// Directories of a container's cgroup that are left.
    pub fn cgroups_of(&self, id: &ContainerId) -> Vec<PathBuf> {
        let path = format!("{}/{id}", self.cgroup());
        let directories = hierarchies().map(|root| root.join(&path));
        directories.filter(|path| path.exists()).collect()
    }

    /// Another engine for the same containers.
    pub fn another_engine(&self) -> LinuxRuntime {
        LinuxRuntime::new(runner(), self.path().join("run"))
    }

    pub fn log(&self, id: &ContainerId) -> LogSpec {
        LogSpec {
            path: self.path().join(format!("{id}-json.log")),
            max_size: None,
            max_files: 1,
        }
    }

    /// A container that runs a shell script.
    pub fn spec(&self, script: &str) -> RunSpec {
        let id = ContainerId::random();
        RunSpec {
            log: Some(self.log(&id)),
            rootfs: RootfsSpec::Directory {
                path: self.path().join("root"),
            },
            cgroup: format!("{}/{id}", self.cgroup()),
            process: process(script),
            ..bare(id)
        }
    }

    pub async fn start(&self, spec: &RunSpec, attach: &[AttachSpec]) -> Started {
        let started = self
            .runtime
            .start(spec.clone(), None, attach.to_vec())
            .await;
        started.unwrap_or_else(|e| panic!("{}", e.chain()))
    }

    /// Runs a container to its end and gives its exit code, and its log as (stream, text) pairs.
    pub async fn run(&self, spec: &RunSpec) -> (i32, Vec<(StdStream, String)>) {
        let mut started = self.start(spec, &[]).await;
        let code = ended(&mut started.exit).await.code;
        self.runtime.release(&spec.id).await.unwrap();
        (code, self.read_log(&spec.id))
    }

    pub fn read_log(&self, id: &ContainerId) -> Vec<(StdStream, String)> {
        let text = fs::read_to_string(self.log(id).path).unwrap();
        let entries = text.lines().map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let stream = serde_json::from_value(entry["stream"].clone()).unwrap();
            (stream, entry["log"].as_str().unwrap_or_default().to_owned())
        });
        entries.collect()
    }
}

/// What a failed test has left running is ended.
impl Drop for Place {
    fn drop(&mut self) {
        for run in fs::read_dir(self.path().join("run/containers"))
            .into_iter()
            .flatten()
        {
            let reap = Command::new(runner())
                .arg("--reap")
                .arg(run.unwrap().path())
                .status();
            assert!(reap.unwrap().success());
        }
        for hierarchy in hierarchies() {
            // A skipped or failed start may not have made it.
            let _ = fs::remove_dir(hierarchy.join(self.cgroup()));
        }
    }
}

/// The runner, which is built beside the tests, or another one to measure.
pub fn runner() -> PathBuf {
    if let Some(chosen) = std::env::var_os("PALAN_RUNNER") {
        return chosen.into();
    }
    let test = std::env::current_exe().unwrap();
    let runner = test.ancestors().nth(2).unwrap().join("palan-runner");
    assert!(
        runner.exists(),
        "run `cargo build -p palan-runner` first: there is no {}",
        runner.display()
    );
    runner
}

pub fn process(script: &str) -> ProcessSpec {
    ProcessSpec {
        args: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        env: vec!["PATH=/bin".to_owned()],
        cwd: "/".to_owned(),
        capabilities: vec!["CAP_KILL".to_owned()],
        ..ProcessSpec::default()
    }
}

fn bare(id: ContainerId) -> RunSpec {
    RunSpec {
        id,
        rootfs: RootfsSpec::Directory {
            path: PathBuf::new(),
        },
        readonly_rootfs: false,
        mounts: mounts(),
        devices: Vec::new(),
        device_rules: device_rules(),
        masked_paths: Vec::new(),
        readonly_paths: Vec::new(),
        process: ProcessSpec::default(),
        init: false,
        hostname: "box".to_owned(),
        domainname: String::new(),
        namespaces: Namespaces::default(),
        cgroup: String::new(),
        resources: Resources::default(),
        sysctls: Default::default(),
        oom_score_adj: None,
        open_stdin: false,
        stdin_once: false,
        log: None,
    }
}

fn mounts() -> Vec<Mount> {
    let mount = |destination: &str, kind: &str, options: &[&str]| Mount {
        destination: destination.to_owned(),
        kind: kind.to_owned(),
        source: kind.into(),
        options: options.iter().map(|o| (*o).to_owned()).collect(),
        copy_up: false,
    };
    vec![
        mount("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        mount(
            "/dev",
            "tmpfs",
            &["nosuid", "strictatime", "mode=755", "size=65536k"],
        ),
        mount(
            "/dev/pts",
            "devpts",
            &[
                "nosuid",
                "noexec",
                "newinstance",
                "ptmxmode=0666",
                "mode=0620",
            ],
        ),
    ]
}

/// Docker's default rules.
fn device_rules() -> Vec<DeviceRule> {
    let rule = |allow, kind, major, minor, access: &str| DeviceRule {
        allow,
        kind,
        major,
        minor,
        access: access.to_owned(),
    };
    let mut rules = vec![
        rule(false, 'a', None, None, "rwm"),
        rule(true, 'c', None, None, "m"),
        rule(true, 'b', None, None, "m"),
        rule(true, 'c', Some(136), None, "rwm"),
    ];
    for (major, minor) in [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2)] {
        rules.push(rule(true, 'c', Some(major), Some(minor), "rwm"));
    }
    rules
}

/// Waits for an end.
pub async fn ended<T: Clone>(exit: &mut ExitReceiver<T>) -> T {
    let status = timeout(BOUND, exit.wait_for(Option::is_some)).await;
    status.expect("it does not end").unwrap().clone().unwrap()
}

/// Reads an attached stream to its end.
pub async fn read_all(stream: &mut AttachStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    timeout(BOUND, stream.read_to_end(&mut bytes))
        .await
        .expect("the stream does not end")
        .unwrap();
    bytes
}

/// Reads until `text` was seen.
pub async fn read_until(stream: &mut AttachStream, text: &str) -> String {
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(text) {
        let read = timeout(BOUND, stream.read_u8()).await;
        bytes.push(
            read.unwrap_or_else(|_| panic!("no {text:?} in {bytes:?}"))
                .unwrap(),
        );
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What frames carry for the standard output and the standard error.
pub fn unframe(mut bytes: &[u8]) -> (String, String) {
    let mut streams = [Vec::new(), Vec::new()];
    while let Some((header, rest)) = bytes.split_first_chunk::<8>() {
        let [number, 0, 0, 0, length @ ..] = *header else {
            panic!("bad frame header {header:?}")
        };
        let length = u32::from_be_bytes(length) as usize;
        streams[usize::from(number) - 1].extend_from_slice(&rest[..length]);
        bytes = &rest[length..];
    }
    assert!(bytes.is_empty(), "a frame was cut off");
    let [stdout, stderr] = streams.map(|s| String::from_utf8(s).unwrap());
    (stdout, stderr)
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(BOUND, waiting)
        .await
        .unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

/// The runner of a container, by its command line.
pub fn runner_of(id: &ContainerId) -> Option<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let mut pids = entries.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    pids.find(|pid| {
        let arguments = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut arguments = arguments.split('\0');
        let program = arguments.next().unwrap_or_default();
        let run_dir = arguments.next().unwrap_or_default();
        Path::new(program) == runner() && run_dir.ends_with(id.as_str())
    })
}

/// Where cgroup hierarchies are mounted.
fn hierarchies() -> impl Iterator<Item = PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mounts: Vec<String> = mounts.lines().map(str::to_owned).collect();
    let cgroups = mounts.into_iter().filter(|line| line.contains(" - cgroup"));
    cgroups.map(|line| PathBuf::from(line.split(' ').nth(4).unwrap()))
}
