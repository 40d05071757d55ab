//! What `docker run` and its relatives say and return when something is wrong.

use anyhow::Result;
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("commands_that_cannot_start", commands_that_cannot_start),
    (
        "failed_start_leaves_a_created_container",
        failed_start_leaves_a_created_container,
    ),
    ("bad_options", bad_options),
    ("missing_containers", missing_containers),
    ("published_port_in_use", published_port_in_use),
];

fn commands_that_cannot_start(s: &mut Session) -> Result<()> {
    s.docker("run --rm busybox nosuchcommand")?.exits(127)?;
    s.docker("run --rm busybox /no/such/path")?.exits(127)?;
    s.docker("run --rm busybox /etc")?.exits(126)?;
    s.docker("run --rm busybox /etc/passwd")?.exits(126)?;
    s.docker("run --rm -w /etc/passwd busybox pwd")?
        .exits(125)?;
    s.docker("run --rm --entrypoint nosuch busybox")?
        .exits(127)?;
    Ok(())
}

fn failed_start_leaves_a_created_container(s: &mut Session) -> Result<()> {
    s.docker("run --name failed busybox nosuchcommand")?
        .exits(127)?;
    let format = "{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.State.Pid}} {{.State.StartedAt}} {{.State.Error}}";
    s.docker_args(["inspect", "-f", format, "failed"])?
        .says("created false 127 0")?;
    s.docker("start failed")?.exits(1)?;
    s.docker("rm failed")?.ok()?;
    Ok(())
}

fn bad_options(s: &mut Session) -> Result<()> {
    for options in [
        "--memory 1k",
        "--memory 64m --memory-swap 32m",
        "--cpus 99",
        "-v relative/path:/x",
        "-v nosuch:relative",
        "-v /tmp:/",
        "-v /tmp:/x:nosuchmode",
        "--mount type=bind,source=/no/such/path,target=/x",
        "--network container:nosuch",
        "--cap-add NOSUCH",
        "--restart nosuch",
        "--restart always --rm",
        "-p 80:80:80:80",
        "--pid container:nosuch",
        "--ipc nosuch",
        "--security-opt nosuch",
        "--ulimit nofile=5:3",
        "--stop-signal NOSUCH",
    ] {
        s.docker(&format!("run --name bad {options} busybox true"))?
            .exits(125)?;
        s.quiet("rm -f bad").ok();
    }
    Ok(())
}

fn missing_containers(s: &mut Session) -> Result<()> {
    for command in [
        "start",
        "stop",
        "restart",
        "kill",
        "rm",
        "rm -f",
        "wait",
        "logs",
        "top",
        "attach",
        "inspect",
        "pause",
        "unpause",
        "port",
        "rename",
        "container inspect",
    ] {
        let last = if command == "rename" { " other" } else { "" };
        s.docker(&format!("{command} nosuch{last}"))?;
    }
    s.docker("exec nosuch true")?.exits(1)?;
    Ok(())
}

fn published_port_in_use(s: &mut Session) -> Result<()> {
    s.docker("run -d --name first -p 18080:80 busybox sleep 1000")?
        .ok()?;
    let second = s.quiet("create --name second -p 18080:80 busybox sleep 1000")?;
    let output = palan_e2e::Output::of(s.engine().docker().args(["start", &second]))?;
    output
        .exits(1)?
        .says("Bind for 0.0.0.0:18080 failed: port is already allocated")?;
    s.docker("inspect -f {{.State.Status}} second")?
        .says("created")?;
    s.docker("rm -f first")?.ok()?;
    s.docker("start second")?.ok()?;
    Ok(())
}
