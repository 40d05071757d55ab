//! `docker run` without a terminal: streams, exit codes, environment, identity.

use anyhow::{Result, ensure};
use palan_e2e::{Output, Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("streams_are_separate", streams_are_separate),
    ("exit_codes", exit_codes),
    ("signals_become_exit_codes", signals_become_exit_codes),
    ("environment", environment),
    ("identity", identity),
    ("working_directory", working_directory),
    ("hostname_and_hosts", hostname_and_hosts),
    ("entrypoint_and_command", entrypoint_and_command),
    ("detached_prints_the_id", detached_prints_the_id),
    ("standard_input", standard_input),
    ("large_output", large_output),
    ("init_reaps", init_reaps),
    ("process_attributes", process_attributes),
    ("labels_and_names", labels_and_names),
    ("create_then_start", create_then_start),
    ("removed_with_rm", removed_with_rm),
    ("network_none_and_host", network_none_and_host),
    ("cidfile", cidfile),
];

fn streams_are_separate(s: &mut Session) -> Result<()> {
    let output = s.docker_with("run --rm busybox sh -c", "echo out; echo err >&2")?;
    ensure!(
        output.stdout == "out\n" && output.stderr == "err\n",
        "{output:?}"
    );
    Ok(())
}

fn exit_codes(s: &mut Session) -> Result<()> {
    for code in [0, 1, 3, 125, 126, 127, 255] {
        s.docker_with("run --rm busybox sh -c", &format!("exit {code}"))?
            .exits(code)?;
    }
    Ok(())
}

fn signals_become_exit_codes(s: &mut Session) -> Result<()> {
    s.docker_with("run --rm busybox sh -c", "sh -c 'kill -9 $$'; echo $?")?
        .says("137")?;
    s.docker_with("run --rm --init busybox sh -c", "kill -TERM $$")?
        .exits(143)?;
    Ok(())
}

fn environment(s: &mut Session) -> Result<()> {
    s.docker("run --rm --hostname box busybox env")?.ok()?;
    // Docker's command line sends the variables in any order.
    s.docker_with(
        "run --rm --hostname box -e A=1 -e B= -e PATH=/bin busybox sh -c",
        "env | sort",
    )?
    .ok()?;
    let missing = s.docker_with(
        "run --rm -e PALAN_E2E_UNSET busybox sh -c",
        "echo ${PALAN_E2E_UNSET-unset}",
    )?;
    ensure!(missing.ok()? == "unset");
    Ok(())
}

fn identity(s: &mut Session) -> Result<()> {
    for user in [
        "root",
        "1000",
        "1000:50",
        "nobody",
        "nobody:mail",
        "0:0",
        "www-data",
        ":8",
    ] {
        s.docker_args(["run", "--rm", "-u", user, "busybox", "id"])?
            .ok()?;
    }
    s.docker("run --rm -u nobody --group-add mail --group-add 1234 busybox id")?
        .ok()?;
    s.docker_with(
        "run --rm -u 1000 busybox sh -c",
        "echo $HOME; cd; pwd; touch /tmp/x; stat -c '%A %u %g' /tmp/x",
    )?;
    s.docker("run --rm -u nosuchuser busybox id")?.exits(125)?;
    s.docker("run --rm -u root:nosuchgroup busybox id")?
        .exits(125)?;
    Ok(())
}

fn working_directory(s: &mut Session) -> Result<()> {
    s.docker("run --rm busybox pwd")?.says("/")?;
    s.docker("run --rm -w /tmp busybox pwd")?.says("/tmp")?;
    s.docker_with(
        "run --rm -w /made/for/it busybox sh -c",
        "pwd; stat -c '%A %u %g' /made /made/for/it",
    )?
    .ok()?;
    s.docker("run --rm -w relative busybox pwd")?.exits(125)?;
    Ok(())
}

fn hostname_and_hosts(s: &mut Session) -> Result<()> {
    s.docker_with(
        "run --rm --hostname box busybox sh -c",
        "hostname; cat /etc/hostname /etc/hosts",
    )?;
    s.docker_with(
        "run --rm --hostname box --domainname example.org busybox sh -c",
        "hostname -f; cat /etc/hosts",
    )?;
    s.docker_with(
        "run --rm --hostname box --add-host other:192.0.2.7 busybox sh -c",
        "cat /etc/hosts",
    )?;
    s.docker("run --rm --dns 192.0.2.53 --dns-search example.org --dns-option ndots:2 busybox cat /etc/resolv.conf")?;
    s.docker_with(
        "run --rm busybox sh -c",
        "test $(hostname) = $HOSTNAME; test ${#HOSTNAME} = 12 && echo same",
    )?
    .says("same")?;
    Ok(())
}

fn entrypoint_and_command(s: &mut Session) -> Result<()> {
    s.docker("run --rm --entrypoint echo busybox a b")?
        .says("a b")?;
    s.docker("run --rm --entrypoint /bin/echo busybox")?.ok()?;
    s.docker_args([
        "run",
        "--rm",
        "--entrypoint",
        "",
        "busybox",
        "echo",
        "plain",
    ])?
    .says("plain")?;
    s.docker_fed(
        "run --rm -i busybox",
        b"echo from the command of the image\n",
    )?
    .ok()?;
    Ok(())
}

fn detached_prints_the_id(s: &mut Session) -> Result<()> {
    let output = s.docker("run -d --name detached busybox sleep 1000")?;
    let id = output.ok()?;
    ensure!(
        id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
    s.docker(
        "inspect -f {{.Id}}:{{.State.Status}}:{{.State.Running}}:{{.State.ExitCode}} detached",
    )?
    .says("running")?;
    s.docker_args(["rm", "-f", &id[..12]])?.ok()?;
    Ok(())
}

fn standard_input(s: &mut Session) -> Result<()> {
    s.docker_fed("run --rm -i busybox cat", b"one\ntwo\n")?
        .says("two")?;
    let large = vec![b'x'; 3_000_000];
    let output = s.docker_fed("run --rm -i busybox wc -c", &large)?;
    ensure!(output.ok()? == "3000000");
    let ignored = s.docker_fed("run --rm busybox wc -c", b"not attached")?;
    ensure!(ignored.ok()? == "0");
    Ok(())
}

fn large_output(s: &mut Session) -> Result<()> {
    let script = "head -c 5000000 /dev/zero | tr '\\0' x; echo done >&2";
    let output = s.quiet_with("run --rm busybox sh -c", script)?;
    ensure!(output.len() == 5_000_000, "{} bytes", output.len());
    Ok(())
}

fn init_reaps(s: &mut Session) -> Result<()> {
    let script = "cat /proc/1/comm | grep -v sh; (true &); sleep 0.3; ps -o stat | grep -c Z";
    let output = s.docker_with("run --rm --init busybox sh -c", script)?;
    ensure!(output.stdout.ends_with("0\n"), "{output:?}");
    s.docker_with("run --rm --init busybox sh -c", "exit 9")?
        .exits(9)?;
    // The init's own words differ.
    let missing = ["run", "--rm", "--init", "busybox", "nosuchcommand"];
    Output::of(s.engine().docker().args(missing))?.exits(127)?;
    Ok(())
}

/// Without `--privileged` and `--cap-add ALL`: where root lacks a capability, dockerd refuses them.
fn process_attributes(s: &mut Session) -> Result<()> {
    let status = "grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups|Uid|Gid)' /proc/self/status";
    for options in [
        "",
        "--cap-add NET_ADMIN --cap-drop CHOWN",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--security-opt seccomp=unconfined",
        "-u 1000",
    ] {
        s.docker_with(&format!("run --rm {options} busybox sh -c"), status)?
            .ok()?;
    }
    s.docker_with(
        "run --rm busybox sh -c",
        "umask; pwd; ls -l /proc/self/fd | wc -l; echo $$",
    )?
    .ok()?;
    s.docker_with(
        "run --rm --ulimit nofile=100:200 busybox sh -c",
        "ulimit -Sn; ulimit -Hn",
    )?
    .says("100\n200")?;
    s.docker("run --rm --sysctl net.ipv4.ip_unprivileged_port_start=99 busybox cat /proc/sys/net/ipv4/ip_unprivileged_port_start")?;
    Ok(())
}

fn labels_and_names(s: &mut Session) -> Result<()> {
    s.docker("run -d --name labelled --label one=1 -l two busybox true")?
        .ok()?;
    s.docker_args([
        "inspect",
        "-f",
        "{{json .Config.Labels}} {{.Name}}",
        "labelled",
    ])?
    .ok()?;
    s.docker("run -d --name labelled busybox true")?
        .exits(125)?;
    s.docker("run -d --name -bad busybox true")?.exits(125)?;
    let id = s.quiet("run -d busybox true")?;
    let name = s.quiet(&format!("inspect -f {{{{.Name}}}} {id}"))?;
    ensure!(
        name.starts_with('/') && name.contains('_'),
        "generated name {name}"
    );
    Ok(())
}

fn create_then_start(s: &mut Session) -> Result<()> {
    s.docker("create --name made busybox echo started")?.ok()?;
    s.docker("inspect -f {{.State.Status}} made")?
        .says("created")?;
    s.docker("start made")?.says("made")?;
    s.docker("wait made")?.says("0")?;
    s.docker("start -a made")?.says("started")?;
    s.docker("logs made")?;
    s.docker("rm made")?.ok()?;
    Ok(())
}

fn removed_with_rm(s: &mut Session) -> Result<()> {
    s.docker("run --rm --name gone -v /anonymous busybox true")?
        .ok()?;
    s.docker("inspect gone")?.exits(1)?;
    s.docker("volume ls -q")?.ok()?;
    s.docker("run -d --rm --name later busybox sleep 1000")?
        .ok()?;
    s.docker("stop -t 0 later")?.ok()?;
    palan_e2e::wait_until(
        "the container's removal",
        std::time::Duration::from_secs(10),
        || Ok(s.quiet("ps -aq --filter name=later")?.is_empty()),
    )
}

fn network_none_and_host(s: &mut Session) -> Result<()> {
    s.docker_with(
        "run --rm --network none busybox sh -c",
        "ls /sys/class/net; ip route",
    )?
    .ok()?;
    s.docker_with(
        "run --rm --network host busybox sh -c",
        "ip -o addr show dev host0 | grep -o '198[^ ]*'",
    )?
    .ok()?;
    s.docker_with("run --rm --network none busybox sh -c", "cat /etc/hosts")?
        .ok()?;
    let host = s.quiet("run --rm --network host busybox hostname")?;
    let machine = Output::of(&mut s.client("hostname"))?;
    ensure!(host == machine.ok()?, "the host's name is not {host}");
    s.docker("run --rm --network nosuch busybox true")?
        .exits(125)?;
    s.docker("run -d --name peer --network none --hostname peer busybox sleep 1000")?
        .ok()?;
    s.docker_with(
        "run --rm --network container:peer busybox sh -c",
        "hostname; ls /sys/class/net",
    )?
    .ok()?;
    Ok(())
}

fn cidfile(s: &mut Session) -> Result<()> {
    let path = s.engine().dir().join("cid");
    let path = path.display();
    let id = s.quiet(&format!("run -d --cidfile {path} busybox true"))?;
    ensure!(std::fs::read_to_string(path.to_string())?.trim() == id);
    std::fs::remove_file(path.to_string())?;
    Ok(())
}
