//! `docker run -it`: a shell on a terminal.

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("shell_session", shell_session),
    ("size_of_the_terminal", size_of_the_terminal),
    (
        "interrupt_reaches_the_process",
        interrupt_reaches_the_process,
    ),
    ("detach_keys", detach_keys),
    ("terminal_without_input", terminal_without_input),
];

fn shell_session(s: &mut Session) -> Result<()> {
    let mut shell = s.terminal("run -it --rm --hostname box busybox", None)?;
    shell.expect("/ # ")?;
    shell.send(b"tty; echo $TERM; hostname\n")?;
    shell.expect("/dev/pts/0")?;
    shell.expect("xterm")?;
    shell.expect("box")?;
    shell.expect("# ")?;
    shell.send(b"exit 7\n")?;
    let output = shell.finish()?;
    output.exits(7)?;
    s.note(&output.stdout);
    Ok(())
}

fn size_of_the_terminal(s: &mut Session) -> Result<()> {
    let script = "until stty size 2>/dev/null | grep 24; do sleep 0.05; done; ls -l /dev/console | cut -c1-10";
    let output = s
        .terminal("run -it --rm busybox sh -c", Some(script))?
        .finish()?;
    output.exits(0)?.says("24 80")?;
    s.note(&output.stdout);
    Ok(())
}

fn interrupt_reaches_the_process(s: &mut Session) -> Result<()> {
    let script = "trap 'echo caught; exit 5' INT; echo ready; while true; do sleep 0.1; done";
    let mut running = s.terminal("run -it --rm busybox sh -c", Some(script))?;
    running.expect("ready")?;
    running.send(&[3])?;
    running.expect("caught")?;
    running.finish()?.exits(5)?;
    Ok(())
}

fn detach_keys(s: &mut Session) -> Result<()> {
    let mut shell = s.terminal("run -it --name left busybox", None)?;
    shell.expect("/ # ")?;
    shell.send(&[16])?;
    shell.send(&[17])?;
    let output = shell.finish()?;
    ensure!(output.code == Some(0), "{output:?}");
    s.docker("inspect -f {{.State.Running}} left")?
        .says("true")?;
    s.docker("rm -f left")?.ok()?;
    Ok(())
}

fn terminal_without_input(s: &mut Session) -> Result<()> {
    let output = s.docker_with(
        "run -t --rm busybox sh -c",
        "echo out; echo err >&2; test -t 1 && echo terminal",
    )?;
    ensure!(
        output.stdout.contains("out\r\nerr\r\nterminal\r\n"),
        "{output:?}"
    );
    s.docker_fed("run -it --rm busybox cat", b"x")?.exits(1)?;
    Ok(())
}
