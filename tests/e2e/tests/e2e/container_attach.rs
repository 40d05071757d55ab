//! `docker attach`: output, input, exit code, detaching.

use anyhow::{Result, ensure};
use palan_e2e::{Output, Scenario, Session};
use rustix::process::Signal;

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("output_and_exit_code", output_and_exit_code),
    ("input", input),
    ("signals_are_passed_on", signals_are_passed_on),
    ("on_a_terminal", on_a_terminal),
    ("not_running", not_running),
];

/// Says `ready` again and again, until the file `/go` exists.
const READY_LOOP: &str =
    "while ! test -e /go; do echo ready; sleep 0.1; done; echo out; echo err >&2; exit 4";

fn output_and_exit_code(s: &mut Session) -> Result<()> {
    s.quiet_with("run -d --name talker busybox sh -c", READY_LOOP)?;
    let mut attached = s.interactive("attach talker")?;
    attached.expect("ready")?;
    s.quiet("exec talker touch /go")?;
    attached.expect("out\n")?;
    let output = attached.finish()?;
    output.exits(4)?;
    ensure!(output.stderr == "err\n", "{output:?}");
    Ok(())
}

fn input(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run -d -i --name reader busybox sh -c",
        "while read line; do echo got $line; done; echo end",
    )?;
    let mut attached = s.interactive("attach reader")?;
    attached.send(b"one\n")?;
    attached.expect("got one")?;
    attached.send(b"two\n")?;
    attached.expect("got two")?;
    drop(attached);
    let mut again = s.interactive("attach reader")?;
    again.send(b"three\n")?;
    again.expect("got three")?;
    s.docker("kill reader")?.ok()?;
    again.finish()?.exits(137)?;
    s.docker("logs reader")?.ok()?;
    Ok(())
}

fn signals_are_passed_on(s: &mut Session) -> Result<()> {
    let script = "trap 'echo caught; exit 6' TERM; while true; do echo ready; sleep 0.1; done";
    s.quiet_with("run -d --name trapper busybox sh -c", script)?;
    let mut attached = s.interactive("attach trapper")?;
    attached.expect("ready")?;
    // The command is `timeout docker ..`; it passes the signal to its child.
    attached.signal(Signal::TERM)?;
    attached.expect("caught")?;
    attached.finish()?;
    s.docker("wait trapper")?.says("6")?;
    Ok(())
}

fn on_a_terminal(s: &mut Session) -> Result<()> {
    s.quiet("run -d -i -t --name shell busybox")?;
    let mut attached = s.terminal("attach shell", None)?;
    attached.send(b"echo $((40+2))\n")?;
    attached.expect("42")?;
    attached.send(&[16, 17])?;
    detached(s, attached.finish()?)?;
    s.docker("inspect -f {{.State.Running}} shell")?
        .says("true")?;
    let mut attached = s.terminal("attach --detach-keys x shell", None)?;
    attached.send(b"echo a\n")?;
    attached.expect("a")?;
    attached.send(b"x")?;
    detached(s, attached.finish()?)?;
    Ok(())
}

/// What the command line says and returns then is its own affair, but the same for both engines.
fn detached(s: &mut Session, output: Output) -> Result<()> {
    output.says("read escape sequence")?;
    s.note(&format!("detached with {:?}", output.code));
    Ok(())
}

fn not_running(s: &mut Session) -> Result<()> {
    s.quiet("create --name made busybox")?;
    s.docker("attach made")?.exits(1)?;
    s.quiet("run --name done busybox true")?;
    s.docker("attach done")?.exits(1)?;
    Ok(())
}
