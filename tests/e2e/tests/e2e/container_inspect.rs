//! `docker inspect`, compared member by member.

use anyhow::Result;
use palan_e2e::{Scenario, Session};
use serde_json::Value;

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("created", created),
    ("running_with_many_options", running_with_many_options),
    ("exited", exited),
    ("image", image),
    ("several_and_missing", several_and_missing),
];

/// The first of the documents that `docker inspect` prints.
fn first(text: &str) -> Result<String> {
    let documents: Value = serde_json::from_str(text)?;
    Ok(documents[0].to_string())
}

fn created(s: &mut Session) -> Result<()> {
    s.quiet("create --name made --hostname box busybox echo hello")?;
    let text = s.quiet("inspect made")?;
    s.document("container", &first(&text)?)
}

fn running_with_many_options(s: &mut Session) -> Result<()> {
    s.quiet(
        "run -d --name many --hostname box -e A=1 -l key=value -p 18081:80 -p 127.0.0.1:18082:81/udp --expose 99 \
         -v data:/data -v /tmp:/host:ro --tmpfs /scratch --memory 64m --cpus 0.5 --pids-limit 50 --cap-add NET_ADMIN \
         --cap-drop CHOWN --restart on-failure:3 --dns 192.0.2.53 --add-host other:192.0.2.7 --init -w /tmp -u nobody \
         --stop-signal USR1 --stop-timeout 7 --log-opt max-size=1m --security-opt no-new-privileges --ulimit nofile=99:99 \
         --shm-size 1m --group-add mail --sysctl net.ipv4.ip_forward=0 busybox sleep 1000",
    )?;
    let text = s.quiet("inspect many")?;
    s.document("container", &first(&text)?)
}

fn exited(s: &mut Session) -> Result<()> {
    s.docker_with("run --name done --hostname box busybox sh -c", "exit 3")?
        .exits(3)?;
    let text = s.quiet("inspect done")?;
    s.document("container", &first(&text)?)
}

fn image(s: &mut Session) -> Result<()> {
    let text = s.quiet("image inspect busybox")?;
    s.document("image", &first(&text)?)?;
    s.docker_args([
        "inspect",
        "-f",
        "{{.Id}} {{.RepoTags}} {{.Architecture}} {{.Os}} {{json .Config.Cmd}} {{json .RootFS}}",
        "busybox",
    ])?
    .ok()?;
    Ok(())
}

fn several_and_missing(s: &mut Session) -> Result<()> {
    s.quiet("create --name one busybox")?;
    s.quiet("create --name two busybox")?;
    s.docker("inspect -f {{.Name}} one two")?.ok()?;
    s.docker("inspect -f {{.Name}} one nosuch two")?.exits(1)?;
    s.docker("inspect nosuch")?.exits(1)?;
    s.docker("inspect --type image one")?.exits(1)?;
    s.docker("image inspect nosuch")?.exits(1)?;
    s.docker("inspect -f {{.NoSuch}} one")?.exits(1)?;
    Ok(())
}
