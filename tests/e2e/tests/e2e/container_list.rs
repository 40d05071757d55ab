//! `docker ps`: columns, filters, formats.

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("table", table),
    ("filters", filters),
    ("formats", formats),
    ("bad_filters", bad_filters),
];

fn some(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name web -l tier=front -p 18080:80 -p 127.0.0.1:18443:443 --expose 9 busybox sleep 1000")?;
    s.quiet_with(
        "run --name finished -l tier=back -l one busybox sh -c",
        "exit 0",
    )?;
    s.docker_with("run --name broken busybox sh -c", "exit 4")?
        .exits(4)?;
    s.quiet("create --name made -v data:/data busybox echo a-rather-long-argument and-one-more")?;
    Ok(())
}

fn table(s: &mut Session) -> Result<()> {
    s.docker("ps")?.ok()?;
    some(s)?;
    s.docker("ps")?.ok()?;
    s.docker("ps -a")?.ok()?;
    s.docker("ps -aq")?.ok()?;
    s.docker("ps -a --no-trunc")?.ok()?;
    s.docker("ps -l")?.ok()?;
    s.docker("ps -n 2")?.ok()?;
    s.docker("container ls --all --latest --quiet")?.ok()?;
    Ok(())
}

fn filters(s: &mut Session) -> Result<()> {
    some(s)?;
    for filter in [
        "name=web",
        "name=e",
        "name=^/?web$",
        "status=exited",
        "status=running",
        "status=created",
        "exited=4",
        "exited=0",
        "label=tier",
        "label=tier=back",
        "label=tier=nosuch",
        "ancestor=busybox",
        "ancestor=busybox:latest",
        "ancestor=nosuch",
        "before=broken",
        "since=finished",
        "volume=data",
        "volume=/data",
        "network=bridge",
        "network=none",
        "publish=18080",
        "publish=80",
        "expose=9",
        "health=none",
        "is-task=false",
    ] {
        s.docker_args(["ps", "-a", "--format", "{{.Names}}", "--filter", filter])?;
    }
    s.docker_args([
        "ps",
        "-a",
        "--format",
        "{{.Names}}",
        "--filter",
        "status=exited",
        "--filter",
        "status=created",
    ])?
    .ok()?;
    s.docker_args([
        "ps",
        "-a",
        "--format",
        "{{.Names}}",
        "--filter",
        "label=tier=back",
        "--filter",
        "label=one",
    ])?
    .ok()?;
    let id = s.quiet("inspect -f {{.Id}} web")?;
    let filter = format!("id={}", &id[..6]);
    let found = s.quiet_args(["ps", "-a", "--format", "{{.Names}}", "--filter", &filter])?;
    ensure!(found == "web", "{found}");
    Ok(())
}

fn formats(s: &mut Session) -> Result<()> {
    some(s)?;
    for format in [
        "{{.ID}} {{.Image}} {{.Command}} {{.Names}}",
        "{{.Names}}: {{.Labels}} {{.Label \"tier\"}}",
        "{{.Names}} {{.State}} {{.Status}} {{.RunningFor}}",
        "{{.Names}} {{.Ports}}",
        "{{.Names}} {{.Mounts}} {{.LocalVolumes}} {{.Networks}}",
        "table {{.Names}}\t{{.Image}}\t{{.State}}",
    ] {
        s.docker_args(["ps", "-a", "--format", format])?.ok()?;
    }
    Ok(())
}

fn bad_filters(s: &mut Session) -> Result<()> {
    for filter in [
        "nosuch=x",
        "status=nosuch",
        "health=nosuch",
        "exited=x",
        "before=nosuch",
        "since=nosuch",
    ] {
        s.docker_args(["ps", "-a", "--filter", filter])?.exits(1)?;
    }
    Ok(())
}
