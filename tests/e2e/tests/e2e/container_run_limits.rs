//! `docker run` with limits: they are set, seen from inside, and enforced.

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("limits_are_set", limits_are_set),
    (
        "memory_is_enforced_and_reported",
        memory_is_enforced_and_reported,
    ),
    ("first_process_is_killed", first_process_is_killed),
    ("processes_are_limited", processes_are_limited),
];

/// Prints a control file of the container's own cgroup, on v1 or v2.
fn control(v1: &str, v2: &str) -> String {
    let (controller, _) = v1.split_once('/').unwrap_or((v1, ""));
    format!(
        "p=$(sed -n 's/^[0-9]*:{controller}://p' /proc/self/cgroup); \
         for f in /sys/fs/cgroup/{v1} /sys/fs/cgroup/{controller}$p/${{f##*/}} /sys/fs/cgroup/{v2}; do \
         test -f $f && cat $f && break; done"
    )
}

fn limits_are_set(s: &mut Session) -> Result<()> {
    let memory = control("memory/memory.limit_in_bytes", "memory.max");
    let output = s.docker_with("run --rm --memory 64m busybox sh -c", &memory)?;
    ensure!(output.ok()? == "67108864", "{output:?}");
    let processes = control("pids/pids.max", "pids.max");
    let output = s.docker_with("run --rm --pids-limit 55 busybox sh -c", &processes)?;
    ensure!(output.ok()? == "55", "{output:?}");
    let quota = control("cpu/cpu.cfs_quota_us", "cpu.max");
    let output = s.docker_with("run --rm --cpus 0.5 busybox sh -c", &quota)?;
    ensure!(output.ok()?.starts_with("50000"), "{output:?}");
    let shares = control("cpu/cpu.shares", "cpu.weight");
    s.docker_with("run --rm --cpu-shares 512 busybox sh -c", &shares)?
        .ok()?;
    let cpus = control("cpuset/cpuset.cpus", "cpuset.cpus");
    let output = s.docker_with("run --rm --cpuset-cpus 0 busybox sh -c", &cpus)?;
    ensure!(output.ok()? == "0", "{output:?}");
    let format = "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.CpuShares}} {{.HostConfig.CpusetCpus}}";
    s.quiet("create --name limited --memory 64m --cpus 0.5 --pids-limit 55 --cpu-shares 512 --cpuset-cpus 0 busybox")?;
    s.docker_args(["inspect", "-f", format, "limited"])?.ok()?;
    Ok(())
}

/// A child is killed; the first process lives on, so that the engine has time to hear of it.
fn memory_is_enforced_and_reported(s: &mut Session) -> Result<()> {
    let eat = "(x=a; while true; do x=$x$x$x$x; done); echo child $?; sleep 1; exit 9";
    s.docker_with(
        "run --name eater --memory 20m --memory-swap 20m busybox sh -c",
        eat,
    )?
    .exits(9)?
    .says("child 137")?;
    let format = "{{.State.OOMKilled}}:{{.State.ExitCode}}:{{.State.Status}}";
    s.docker_args(["inspect", "-f", format, "eater"])?
        .says("true:9:exited")?;
    Ok(())
}

/// dockerd 20.10 hears of the first process's kill only by chance before it ends.
fn first_process_is_killed(s: &mut Session) -> Result<()> {
    let eat = "x=a; while true; do x=$x$x$x$x; done";
    s.docker_with(
        "run --name eater --memory 20m --memory-swap 20m busybox sh -c",
        eat,
    )?
    .exits(137)?;
    let killed = s.quiet("inspect -f {{.State.OOMKilled}} eater")?;
    ensure!(
        s.is_reference() || killed == "true",
        "not reported as killed for its memory"
    );
    Ok(())
}

fn processes_are_limited(s: &mut Session) -> Result<()> {
    let fork =
        "i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done 2>&1 | head -1; echo survived";
    let output = s.quiet_with("run --rm --pids-limit 20 busybox sh -c", fork)?;
    ensure!(output.contains("an't fork"), "{output}");
    Ok(())
}
