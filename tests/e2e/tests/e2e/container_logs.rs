//! `docker logs`: streams, tails, times, following.

use std::time::Duration;

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session, wait_until};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("streams", streams),
    ("tail", tail),
    ("timestamps", timestamps),
    ("since_and_until", since_and_until),
    ("follow", follow),
    (
        "follow_ends_with_the_container",
        follow_ends_with_the_container,
    ),
    ("long_and_partial_lines", long_and_partial_lines),
    ("terminal", terminal),
    ("none_driver", none_driver),
    ("rotation", rotation),
];

fn streams(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run --name both busybox sh -c",
        "echo out; sleep 0.1; echo err >&2; sleep 0.1; echo again",
    )?;
    let output = s.docker("logs both")?;
    ensure!(
        output.stdout == "out\nagain\n" && output.stderr == "err\n",
        "{output:?}"
    );
    s.quiet("create --name silent busybox")?;
    s.docker("logs silent")?.ok()?;
    Ok(())
}

fn tail(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run --name lines busybox sh -c",
        "for i in $(seq 1000); do echo line $i; done",
    )?;
    for tail in ["0", "1", "3", "all", "2000"] {
        s.docker(&format!("logs --tail {tail} lines"))?.ok()?;
    }
    s.docker("logs -n 2 lines")?.ok()?;
    s.docker("logs --tail nosuch lines")?;
    Ok(())
}

fn timestamps(s: &mut Session) -> Result<()> {
    s.quiet_with("run --name timed busybox sh -c", "echo out")?;
    let output = s.docker("logs -t timed")?;
    let (time, text) = output.ok()?.split_once(' ').unwrap_or_default();
    ensure!(
        text == "out" && time.len() == 30 && time.ends_with('Z'),
        "{time} {text}"
    );
    s.docker("logs --details timed")?.ok()?;
    Ok(())
}

fn since_and_until(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run --name slow busybox sh -c",
        "echo first; sleep 1.2; echo second; sleep 1.2; echo third",
    )?;
    let times = s.quiet("logs -t slow")?;
    let second = times
        .lines()
        .nth(1)
        .and_then(|line| line.split(' ').next())
        .unwrap_or_default();
    for option in ["--since", "--until"] {
        let output =
            palan_e2e::Output::of(s.engine().docker().args(["logs", option, second, "slow"]))?;
        s.note(&format!("{option}: {}", output.ok()?));
    }
    s.docker("logs --since 1h slow")?.ok()?;
    s.docker("logs --until 1h slow")?.ok()?;
    s.docker("logs --since nosuch slow")?.exits(1)?;
    Ok(())
}

fn follow(s: &mut Session) -> Result<()> {
    let script = "echo started; while read line; do echo $line; done";
    s.quiet_with("run -d -i --name echo busybox sh -c", script)?;
    let mut following = s.interactive("logs -f echo")?;
    following.expect("started\n")?;
    let tailing = s.interactive("logs -f --tail 0 echo")?;
    let mut input = s.interactive("attach echo")?;
    input.send(b"alpha\n")?;
    following.expect("alpha\n")?;
    // Whoever asks for no old line sees what comes once the engine knows of the request.
    wait_until(
        "a line for the one who tails",
        Duration::from_secs(20),
        || {
            input.send(b"beta\n")?;
            Ok(tailing.has("beta\n"))
        },
    )?;
    following.expect("beta\n")?;
    s.docker("kill echo")?.ok()?;
    following.finish()?.exits(0)?;
    let tail = tailing.finish()?;
    ensure!(!tail.exits(0)?.stdout.contains("started"), "{tail:?}");
    Ok(())
}

fn follow_ends_with_the_container(s: &mut Session) -> Result<()> {
    let script = "for i in $(seq 200); do echo line $i; done; sleep 0.3; echo last";
    s.quiet_with("run -d --name ending busybox sh -c", script)?;
    let output = s.docker("logs -f ending")?;
    ensure!(output.ok()?.ends_with("last") && output.stdout.lines().count() == 201);
    s.docker("logs -f ending")?.says("last")?;
    Ok(())
}

fn long_and_partial_lines(s: &mut Session) -> Result<()> {
    let script = "head -c 40000 /dev/zero | tr '\\0' x; echo; printf unfinished";
    s.quiet_with("run --name long busybox sh -c", script)?;
    let output = s.quiet("logs long")?;
    let expected = format!("{}\nunfinished", "x".repeat(40_000));
    ensure!(output == expected, "{} bytes", output.len());
    s.quiet_with(
        "run --name bytes busybox sh -c",
        "printf 'caf\\351 \\000 \\n'",
    )?;
    s.docker("logs bytes")?.ok()?;
    Ok(())
}

fn terminal(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run -d -t --name tty busybox sh -c",
        "echo out; echo err >&2",
    )?;
    s.quiet("wait tty")?;
    let output = s.docker("logs tty")?;
    ensure!(output.stdout == "out\r\nerr\r\n", "{output:?}");
    Ok(())
}

fn none_driver(s: &mut Session) -> Result<()> {
    s.docker("run --name mute --log-driver none busybox echo heard")?
        .says("heard")?;
    s.docker("logs mute")?.exits(1)?;
    s.docker("run --rm --log-driver nosuch busybox true")?
        .exits(125)?;
    Ok(())
}

fn rotation(s: &mut Session) -> Result<()> {
    let options = "--log-opt max-size=10k --log-opt max-file=2";
    let script = "for i in $(seq 1000); do echo line number $i; done";
    s.quiet_with(
        &format!("run --name rotated {options} busybox sh -c"),
        script,
    )?;
    let output = s.quiet("logs rotated")?;
    ensure!(
        output.ends_with("line number 1000"),
        "the last line is kept"
    );
    ensure!(
        output.lines().count() < 400,
        "{} lines are kept",
        output.lines().count()
    );
    Ok(())
}
