//! The grammar and the formats of the command line itself: what is refused before an engine is
//! asked, and what is made of its answers. Meant for `PALAN_E2E=cli` above all; on two engines it
//! compares their answers.

use anyhow::Result;
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("misuse_of_flags", misuse_of_flags),
    ("values_that_are_not_valid", values_that_are_not_valid),
    ("formats_of_lists", formats_of_lists),
    ("templates_of_inspect", templates_of_inspect),
    ("templates_that_fail", templates_that_fail),
];

fn misuse_of_flags(s: &mut Session) -> Result<()> {
    for words in [
        "nosuchcommand",
        "container nosuchcommand",
        "volume nosuchcommand",
        "--nope",
        "run",
        "run --nope busybox",
        "run -zz busybox",
        "run --name",
        "run -e",
        "run -d=maybe busybox",
        "run --=x busybox",
        "ps a",
        "ps -H x",
        "stop",
        "stop -t x c",
        "rename a",
        "port a b c",
        "exec c",
        "inspect",
        "inspect --type nope x",
        "-H a -c b ps",
    ] {
        s.docker(words)?;
    }
    Ok(())
}

fn values_that_are_not_valid(s: &mut Session) -> Result<()> {
    for option in [
        "-p a:80",
        "-p 80:b",
        "-p 70000:80",
        "-p 1.2.3:80:80",
        "-p 80:80/xyz",
        "-p 8000-8001:80-85",
        "-p target=80,published=81,x",
        "--expose 80:80",
        "--expose x",
        "-v :/x",
        "-v /x:",
        "--mount type=bind",
        "--mount target=/x,foo=bar",
        "--mount target=/x,foo",
        "--mount type=tmpfs,target=/x,tmpfs-mode=9",
        "--mount type=tmpfs,target=/x,volume-nocopy",
        "--mount type=bind,src=/tmp,target=/x,bind-recursive=nope",
        "--mount a\"b",
        "-e =x",
        "--env-file /nosuch",
        "--env-file /etc/passwd",
        "--label =x",
        "--ulimit nofile",
        "--ulimit x=1",
        "--ulimit nofile=10:5",
        "--cpus x",
        "--cpus 0.0000000001",
        "-m x",
        "--memory-swappiness 200",
        "--device nosuch",
        "--device /dev/null:/dev/x:abc",
        "--device-cgroup-rule x",
        "--sysctl foo=bar",
        "--dns x",
        "--dns-search _",
        "--add-host x",
        "--add-host a:b",
        "--pid nope",
        "--uts nope",
        "--userns nope",
        "--cgroupns nope",
        "--security-opt seccomp=/nosuch",
        "--security-opt seccomp=/etc/passwd",
        "--storage-opt x",
        "--log-driver none --log-opt a=b",
        "--mac-address zz",
        "--link a:b:c",
        "--health-cmd x --no-healthcheck",
        "--health-interval x",
        "--health-retries -1",
        "--restart :3",
        "--restart on-failure:x",
        "--pull nope",
        "-a nope",
        "-d -a stdout",
        "--blkio-weight 99999",
        "--blkio-weight-device /dev/sda",
        "--device-read-bps /dev/sda:x",
        "--network alias=x",
        "--network name=a,foo=b",
        "--network-alias x",
        "--gpus count=1,count=2",
        "--cidfile /etc/passwd",
        "-it",
    ] {
        s.docker(&format!("run --rm {option} busybox true"))?;
    }
    s.docker("run --rm BAD true")?;
    s.docker("tag busybox a:b:c")?;
    Ok(())
}

fn formats_of_lists(s: &mut Session) -> Result<()> {
    let labels = "--label k=v --label a.b-c=2";
    s.quiet(&format!(
        "create --name one -p 127.0.0.1:9000-9001:9000-9001/udp -v formats:/x {labels} busybox true"
    ))?;
    for format in [
        "table {{.Names}}\\t{{.Ports}}\\t{{.Label \"k\"}}\\t{{.Mounts}}\\t{{.LocalVolumes}}",
        "table {{.Label \"a.b-c\"}}\\t{{upper .Names}}\\t{{pad .State 1 2}}|",
        "{{.Names}}: {{.Image | upper | lower | title}} {{json .Names}} {{json .Labels}}",
        "{{range split .Names \"n\"}}<{{.}}>{{end}} {{println \"x\"}}",
        "{{.Names}}",
        "raw",
    ] {
        s.docker_args([
            "ps",
            "-a",
            "-f",
            "name=one",
            "--no-trunc=false",
            "--format",
            format,
        ])?;
    }
    for format in ["json", "table {{.Name}}\\t{{.Driver}}\\t{{.Labels}}", "raw"] {
        s.docker_args(["volume", "ls", "-f", "name=formats", "--format", format])?;
    }
    s.docker_args(["images", "--format", "{{.Repository}}:{{.Tag}}", "busybox"])?;
    s.docker_args([
        "network",
        "ls",
        "-f",
        "name=bridge",
        "--format",
        "{{.Name}} {{.Scope}}",
    ])?;
    s.docker("history --format {{.CreatedBy}} busybox")?;
    s.docker("port one")?;
    s.quiet("rm one")?;
    s.quiet("volume rm formats")?;
    Ok(())
}

fn templates_of_inspect(s: &mut Session) -> Result<()> {
    s.quiet("create --name two --label k=v -e A=<1> -p 8080:80 busybox true")?;
    for template in [
        "{{.State.Status}} {{.Name}} {{.HostConfig.RestartPolicy.Name}}",
        "{{json .HostConfig.PortBindings}} {{json .Config.Labels}}",
        "{{index .Config.Labels \"k\"}} {{.Config.Labels.k}} {{len .Mounts}}",
        "{{join .Config.Env \";\"}} {{.Config.Cmd}} {{.Args}}",
        "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}",
        "{{range $port, $bindings := .HostConfig.PortBindings}}{{$port}} {{(index $bindings 0).HostPort}}{{end}}",
        "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}}",
    ] {
        s.docker_args(["inspect", "-f", template, "two"])?;
    }
    s.quiet("rm two")?;
    Ok(())
}

fn templates_that_fail(s: &mut Session) -> Result<()> {
    s.quiet("create --name three busybox true")?;
    for template in ["{{.Nope}}", "{{.State.Nope}}", "{{nope}}", "{{.State"] {
        s.docker_args(["inspect", "-f", template, "three"])?;
        s.docker_args(["ps", "-a", "--format", template])?;
        s.docker_args(["volume", "ls", "--format", template])?;
    }
    s.quiet("rm three")?;
    Ok(())
}
