//! Health checks: what `ps`, `inspect` and `events` tell of them.

use std::time::Duration;

use anyhow::{Result, ensure};
use palan_e2e::{Output, Scenario, Session, wait_until};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("healthy", healthy),
    ("unhealthy", unhealthy),
    ("takes_too_long", takes_too_long),
    ("rests", rests),
    ("without_a_check", without_a_check),
    ("bad_times", bad_times),
];

const LIMIT: Duration = Duration::from_secs(30);
const STATUS: &str = "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}";
const FIRST: &str =
    "{{with index .State.Health.Log 0}}{{.ExitCode}} {{printf \"%q\" .Output}}{{end}}";

fn run(s: &mut Session, name: &str, options: &str, check: &str) -> Result<()> {
    let words = format!("run -d --name {name} --health-interval 1s {options}");
    let words = words.split_whitespace();
    let args = words.chain(["--health-cmd", check, "busybox", "sleep", "1000"]);
    s.quiet_args(args).map(drop)
}

fn inspect(s: &mut Session, name: &str, format: &str) -> Result<String> {
    s.quiet_args(["inspect", "-f", format, name])
}

fn wait_for(s: &mut Session, name: &str, status: &str) -> Result<()> {
    wait_until(&format!("{name} to be {status}"), LIMIT, || {
        Ok(inspect(s, name, STATUS)? == status)
    })
}

fn show(s: &mut Session, name: &str, format: &str) -> Result<()> {
    s.docker_args(["inspect", "-f", format, name])?.ok()?;
    Ok(())
}

fn list(s: &mut Session) -> Result<()> {
    let format = "{{.Names}} {{.State}} {{.Status}}";
    s.docker_args(["ps", "-a", "--format", format])?.ok()?;
    Ok(())
}

fn now(s: &mut Session) -> Result<String> {
    Ok(Output::of(s.client("date").arg("+%s.%N"))?.ok()?.to_owned())
}

/// What was told since then, each thing once.
fn events(s: &mut Session, since: &str, filter: &str) -> Result<()> {
    let until = now(s)?;
    let format = "{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}";
    let text = s.quiet_args([
        "events", "--since", since, "--until", &until, "--filter", filter, "--format", format,
    ])?;
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    s.note(&lines.join("\n"));
    Ok(())
}

fn healthy(s: &mut Session) -> Result<()> {
    let since = now(s)?;
    s.quiet_args([
        "run",
        "-d",
        "--name",
        "later",
        "--health-interval",
        "1h",
        "--health-cmd",
        "true",
        "busybox",
        "sleep",
        "1000",
    ])?;
    run(s, "web", "-u daemon -w /tmp -e A=b", "id -un; pwd; echo $A")?;
    wait_for(s, "web", "healthy")?;
    list(s)?;
    show(
        s,
        "web",
        "{{.State.Health.Status}} {{.State.Health.FailingStreak}}",
    )?;
    show(s, "web", FIRST)?;
    show(s, "web", "{{json .Config.Healthcheck}}")?;
    show(s, "later", "{{json .State.Health}}")?;
    for value in ["starting", "healthy", "unhealthy", "none"] {
        let filter = format!("health={value}");
        s.docker_args(["ps", "--format", "{{.Names}}", "--filter", &filter])?
            .ok()?;
    }
    wait_until("the probe to be over", LIMIT, || {
        Ok(inspect(s, "web", "{{json .ExecIDs}}")? == "null")
    })?;
    events(s, &since, "container=web")?;
    events(s, &since, "event=health_status")
}

fn unhealthy(s: &mut Session) -> Result<()> {
    let since = now(s)?;
    run(
        s,
        "web",
        "--health-retries 2",
        "echo no answer >&2; test -e /up",
    )?;
    wait_for(s, "web", "unhealthy")?;
    list(s)?;
    let streak = inspect(s, "web", "{{.State.Health.FailingStreak}}")?;
    ensure!(streak.parse::<u32>()? >= 2, "{streak}");
    show(s, "web", FIRST)?;
    s.quiet("exec web touch /up")?;
    wait_for(s, "web", "healthy")?;
    show(s, "web", "{{.State.Health.FailingStreak}}")?;
    events(s, &since, "event=health_status")?;
    wait_until("five results", LIMIT, || {
        Ok(inspect(s, "web", "{{len .State.Health.Log}}")? == "5")
    })
}

fn takes_too_long(s: &mut Session) -> Result<()> {
    let options = "--health-timeout 1s --health-retries 1";
    run(s, "web", options, "echo early; exec sleep 500")?;
    wait_for(s, "web", "unhealthy")?;
    let first = inspect(s, "web", FIRST)?;
    // Newer engines add what the probe wrote.
    ensure!(
        first.starts_with("-1 \"Health check exceeded timeout (1s)"),
        "{first}"
    );
    wait_until("three results", LIMIT, || {
        Ok(inspect(s, "web", "{{len .State.Health.Log}}")?.parse::<u32>()? >= 3)
    })?;
    // The container's own, and a probe that runs now.
    let running = s.quiet_with("exec web sh -c", "pidof sleep | wc -w")?;
    ensure!(running.parse::<u32>()? <= 2, "{running} processes are left");
    run(s, "patient", "--health-start-period 500s", "false")?;
    wait_until("a result", LIMIT, || {
        Ok(inspect(s, "patient", "{{len .State.Health.Log}}")? != "0")
    })?;
    show(
        s,
        "patient",
        "{{.State.Health.Status}} {{.State.Health.FailingStreak}}",
    )
}

fn rests(s: &mut Session) -> Result<()> {
    run(s, "web", "", "true")?;
    wait_for(s, "web", "healthy")?;
    s.docker("pause web")?.ok()?;
    list(s)?;
    wait_for(s, "web", "unhealthy")?;
    s.docker("unpause web")?.ok()?;
    wait_for(s, "web", "healthy")?;
    s.docker("stop -t 0 web")?.ok()?;
    list(s)?;
    show(s, "web", STATUS)?;
    s.docker("start web")?.ok()?;
    wait_for(s, "web", "healthy")
}

fn without_a_check(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name plain busybox sleep 1000")?;
    s.quiet("run -d --name none --no-healthcheck busybox sleep 1000")?;
    s.quiet("create --name made --health-cmd true busybox")?;
    list(s)?;
    for name in ["plain", "none", "made"] {
        show(s, name, "{{json .Config.Healthcheck}}")?;
        show(s, name, STATUS)?;
    }
    s.docker("ps -a --format {{.Names}} --filter health=none")?
        .ok()?;
    Ok(())
}

fn bad_times(s: &mut Session) -> Result<()> {
    for option in [
        "--health-interval 1us",
        "--health-timeout 1us",
        "--health-start-period 1us",
    ] {
        s.docker(&format!("create {option} busybox"))?.exits(1)?;
    }
    Ok(())
}
