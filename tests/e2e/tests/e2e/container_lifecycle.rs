//! `docker stop`, `kill`, `restart`, `wait`, `pause`, `rename`, `rm` and restart policies.

use std::time::Duration;

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session, wait_until};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("stop_asks_then_kills", stop_asks_then_kills),
    ("stop_signal", stop_signal),
    ("kill_with_signals", kill_with_signals),
    ("restart", restart),
    ("wait_for_exit", wait_for_exit),
    ("pause_and_unpause", pause_and_unpause),
    ("remove", remove),
    ("rename", rename),
    ("restart_policy", restart_policy),
    ("start_again_keeps_files", start_again_keeps_files),
];

const STATE: &str = "{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.RestartCount}}";

fn state(s: &mut Session, name: &str) -> Result<()> {
    s.docker_args(["inspect", "-f", STATE, name])?
        .ok()
        .map(drop)
}

/// Starts a container that reports the signals it gets.
fn trapper(s: &mut Session, name: &str, options: &str) -> Result<()> {
    let script = "trap 'echo TERM; exit 10' TERM; trap 'echo USR1; exit 11' USR1; trap 'echo HUP' HUP; \
                  echo ready; while true; do sleep 0.05; done";
    s.quiet_with(
        &format!("run -d --name {name} {options} busybox sh -c"),
        script,
    )?;
    wait_until("the container's traps", Duration::from_secs(10), || {
        Ok(s.quiet(&format!("logs {name}"))?.contains("ready"))
    })
}

fn stop_asks_then_kills(s: &mut Session) -> Result<()> {
    trapper(s, "polite", "")?;
    s.docker("stop polite")?.says("polite")?;
    s.docker("logs polite")?.says("TERM")?;
    state(s, "polite")?;
    s.quiet("run -d --name deaf busybox sleep 1000")?;
    s.docker("stop -t 1 deaf")?.ok()?;
    state(s, "deaf")?;
    s.docker("stop deaf")?.ok()?;
    s.docker("stop deaf polite nosuch")?.exits(1)?;
    Ok(())
}

fn stop_signal(s: &mut Session) -> Result<()> {
    trapper(s, "other", "--stop-signal USR1")?;
    s.docker("stop other")?.ok()?;
    s.docker("logs other")?.says("USR1")?;
    state(s, "other")
}

fn kill_with_signals(s: &mut Session) -> Result<()> {
    trapper(s, "target", "")?;
    s.docker("kill -s HUP target")?.ok()?;
    wait_until("the signal", Duration::from_secs(10), || {
        Ok(s.quiet("logs target")?.contains("HUP"))
    })?;
    s.docker("kill --signal NOSUCH target")?.exits(1)?;
    s.docker("kill -s 10 target")?.ok()?;
    s.docker("wait target")?.says("11")?;
    s.docker("kill target")?.exits(1)?;
    trapper(s, "second", "")?;
    s.docker("kill second")?.ok()?;
    s.docker("wait second")?.says("137")?;
    state(s, "second")
}

fn restart(s: &mut Session) -> Result<()> {
    trapper(s, "target", "")?;
    let started = s.quiet("inspect -f {{.State.StartedAt}} target")?;
    s.docker("restart target")?.says("target")?;
    ensure!(
        started != s.quiet("inspect -f {{.State.StartedAt}} target")?,
        "it was not restarted"
    );
    state(s, "target")?;
    s.docker("stop -t 0 target")?.ok()?;
    s.docker("restart target")?.ok()?;
    state(s, "target")?;
    s.docker("restart nosuch")?.exits(1)?;
    Ok(())
}

fn wait_for_exit(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run -d --name one busybox sh -c",
        "while ! test -e /go; do sleep 0.05; done; exit 5",
    )?;
    s.quiet_with("run -d --name two busybox sh -c", "exit 6")?;
    let waiting = s.interactive("wait one two")?;
    s.quiet("exec one touch /go")?;
    let output = waiting.finish()?;
    ensure!(output.ok()? == "5\n6", "{output:?}");
    s.docker("wait one")?.says("5")?;
    Ok(())
}

fn pause_and_unpause(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run -d --name counter busybox sh -c",
        "while true; do echo tick; sleep 0.05; done",
    )?;
    s.docker("pause counter")?.says("counter")?;
    state(s, "counter")?;
    s.docker_args(["ps", "--format", "{{.Names}} {{.Status}}"])?
        .says("(Paused)")?;
    s.docker("pause counter")?.exits(1)?;
    s.docker("exec counter true")?.exits(1)?;
    s.docker("unpause counter")?.ok()?;
    s.docker("unpause counter")?.exits(1)?;
    state(s, "counter")?;
    s.docker("pause counter")?.ok()?;
    s.docker("rm -f counter")?.ok()?;
    Ok(())
}

fn remove(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name running busybox sleep 1000")?;
    s.docker("rm running")?.exits(1)?;
    s.docker("rm -f running")?.says("running")?;
    s.docker("rm running")?.exits(1)?;
    s.docker("rm -f running")?;
    let one = s.quiet("create busybox")?;
    let two = s.quiet("create busybox")?;
    s.docker_args(["rm", &one[..12], &two])?.ok()?;
    s.docker("ps -aq")?.ok()?;
    Ok(())
}

fn rename(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name before busybox sleep 1000")?;
    s.quiet("create --name taken busybox")?;
    s.docker("rename before after")?.ok()?;
    s.docker("inspect -f {{.Name}} after")?.says("/after")?;
    s.docker("inspect before")?.exits(1)?;
    s.docker("rename after taken")?.exits(1)?;
    s.docker("rename after after")?.exits(1)?;
    s.quiet("create --name before busybox")?;
    Ok(())
}

fn restart_policy(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run -d --name failing --restart on-failure:2 busybox sh -c",
        "echo once more; exit 1",
    )?;
    wait_until("the policy's end", Duration::from_secs(20), || {
        let state = s.quiet_args(["inspect", "-f", STATE, "failing"])?;
        Ok(state == "exited false 1 2")
    })?;
    s.docker("logs failing")?.ok()?;
    s.quiet_with(
        "run -d --name steady --restart always busybox sh -c",
        "sleep 0.1; exit 0",
    )?;
    wait_until("two restarts", Duration::from_secs(20), || {
        let count = s.quiet("inspect -f {{.RestartCount}} steady")?;
        Ok(count.parse::<u32>()? >= 2)
    })?;
    s.docker("stop -t 0 steady")?.ok()?;
    s.docker("inspect -f {{.State.Running}}:{{.State.Restarting}} steady")?
        .says("false:false")?;
    Ok(())
}

fn start_again_keeps_files(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run --name twice busybox sh -c",
        "echo run >> /count; cat /count",
    )?;
    s.docker("start -a twice")?.says("run\nrun")?;
    s.docker("logs twice")?.ok()?;
    Ok(())
}
