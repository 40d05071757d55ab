//! `docker exec`: a second process in a running container.

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("streams_and_exit_codes", streams_and_exit_codes),
    ("environment_user_and_folder", environment_user_and_folder),
    ("same_namespaces_and_limits", same_namespaces_and_limits),
    ("standard_input", standard_input),
    ("on_a_terminal", on_a_terminal),
    ("detached", detached),
    ("cannot_start", cannot_start),
    ("ends_with_the_container", ends_with_the_container),
    ("inspect_over_the_api", inspect_over_the_api),
];

fn target(s: &mut Session, options: &str) -> Result<()> {
    s.quiet(&format!(
        "run -d --name target --hostname box {options} busybox sleep 1000"
    ))
    .map(drop)
}

fn streams_and_exit_codes(s: &mut Session) -> Result<()> {
    target(s, "")?;
    let output = s.docker_with("exec target sh -c", "echo out; echo err >&2; exit 9")?;
    output.exits(9)?;
    ensure!(
        output.stdout == "out\n" && output.stderr == "err\n",
        "{output:?}"
    );
    s.docker("exec target true")?.exits(0)?;
    s.docker_with("exec target sh -c", "kill -9 $$")?
        .exits(137)?;
    let large = s.quiet_with(
        "exec target sh -c",
        "head -c 2000000 /dev/zero | tr '\\0' y",
    )?;
    ensure!(large.len() == 2_000_000);
    Ok(())
}

fn environment_user_and_folder(s: &mut Session) -> Result<()> {
    target(s, "-e FROM_RUN=1 -w /tmp -u 1000:50")?;
    s.docker_with("exec target sh -c", "pwd; id; env | sort")?
        .ok()?;
    s.docker_with(
        "exec -e ADDED=2 -e FROM_RUN=3 -w /etc -u nobody target sh -c",
        "pwd; id; env | sort",
    )?
    .ok()?;
    s.docker("exec -u 0 target id")?.ok()?;
    s.docker("exec -u 7:8 target id")?.ok()?;
    Ok(())
}

fn same_namespaces_and_limits(s: &mut Session) -> Result<()> {
    target(
        s,
        "--memory 64m --cap-drop CHOWN --security-opt no-new-privileges",
    )?;
    let same = "for n in ipc mnt net pid uts; do test $(readlink /proc/1/ns/$n) = $(readlink /proc/self/ns/$n) && echo $n; done; \
                cmp /proc/1/cgroup /proc/self/cgroup && echo cgroup; \
                grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; cat /proc/1/comm; hostname";
    s.docker_with("exec target sh -c", same)?.says("cgroup")?;
    Ok(())
}

fn standard_input(s: &mut Session) -> Result<()> {
    target(s, "")?;
    s.docker_fed("exec -i target cat", b"one\ntwo\n")?
        .says("two")?;
    let counted = s.docker_fed("exec -i target wc -c", &vec![b'x'; 2_000_000])?;
    ensure!(counted.ok()? == "2000000");
    let ignored = s.docker_fed("exec target wc -c", b"not attached")?;
    ensure!(ignored.ok()? == "0");
    Ok(())
}

fn on_a_terminal(s: &mut Session) -> Result<()> {
    target(s, "")?;
    let mut shell = s.terminal("exec -it target sh", None)?;
    shell.expect("/ # ")?;
    shell.send(b"tty; echo $TERM; until stty size 2>/dev/null | grep 24; do sleep 0.05; done\n")?;
    shell.expect("/dev/pts/0")?;
    shell.expect("24 80")?;
    shell.send(b"exit 3\n")?;
    shell.finish()?.exits(3)?;
    Ok(())
}

fn detached(s: &mut Session) -> Result<()> {
    target(s, "")?;
    s.docker_with("exec -d target sh -c", "echo done > /made; exec sleep 999")?
        .ok()?;
    palan_e2e::wait_until("the file", std::time::Duration::from_secs(10), || {
        Ok(s.quiet("exec target ls /")?.contains("made"))
    })?;
    s.docker_with("exec target sh -c", "pidof sleep | wc -w")?
        .says("2")?;
    Ok(())
}

fn cannot_start(s: &mut Session) -> Result<()> {
    target(s, "")?;
    for (command, code) in [
        ("exec target nosuchcommand", 126),
        ("exec target /no/such", 126),
        ("exec target /etc/passwd", 126),
        ("exec -w /nosuch target pwd", 126),
        ("exec -u nosuchuser target id", 126),
    ] {
        // Newer engines end with 127 where a command is missing.
        let output = palan_e2e::Output::of(s.engine().docker().args(command.split(' ')))?;
        ensure!(
            [code, 127].contains(&output.code.unwrap_or(0)),
            "{output:?}"
        );
        let text = format!("{}{}", output.stdout, output.stderr);
        s.note(text.trim_start_matches("OCI runtime exec failed: exec failed: "));
    }
    s.quiet("stop -t 0 target")?;
    s.docker("exec target true")?.exits(1)?;
    Ok(())
}

fn ends_with_the_container(s: &mut Session) -> Result<()> {
    target(s, "")?;
    let mut shell = s.interactive("exec -i target sh")?;
    shell.send(b"echo ready\n")?;
    shell.expect("ready")?;
    s.docker("kill target")?.ok()?;
    shell.finish()?.exits(137)?;
    Ok(())
}

fn inspect_over_the_api(s: &mut Session) -> Result<()> {
    target(s, "")?;
    s.quiet_with("exec -d -e A=b target sh -c", "sleep 300")?;
    let ids = s.quiet_args(["inspect", "-f", "{{range .ExecIDs}}{{.}}{{end}}", "target"])?;
    let document = s.engine().api("GET", &format!("/v1.41/exec/{ids}/json"))?;
    s.document("exec", document.ok()?)?;
    let missing = s.engine().api("GET", "/v1.41/exec/nosuch/json")?;
    s.note(&missing.stdout);
    Ok(())
}
