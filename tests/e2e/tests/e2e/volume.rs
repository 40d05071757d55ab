//! `docker volume`.

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("create_list_inspect_remove", create_list_inspect_remove),
    ("errors", errors),
    ("filters", filters),
];

fn create_list_inspect_remove(s: &mut Session) -> Result<()> {
    s.docker("volume create named")?.says("named")?;
    s.docker("volume create named")?.says("named")?;
    s.docker("volume create --label key=value labelled")?.ok()?;
    let anonymous = s.quiet("volume create")?;
    ensure!(anonymous.len() == 64, "{anonymous}");
    s.quiet(&format!("volume rm {anonymous}"))?;
    s.docker("volume ls")?.ok()?;
    s.docker("volume ls -q")?.ok()?;
    s.docker("volume inspect named labelled")?.ok()?;
    s.docker_args([
        "volume",
        "inspect",
        "-f",
        "{{.Name}} {{.Driver}} {{.Mountpoint}} {{.Labels}} {{.Scope}}",
        "labelled",
    ])?
    .ok()?;
    s.docker("volume rm named")?.says("named")?;
    s.docker("volume rm labelled named")?.exits(1)?;
    s.docker("volume ls")?.ok()?;
    Ok(())
}

fn errors(s: &mut Session) -> Result<()> {
    s.docker("volume inspect nosuch")?.exits(1)?;
    s.docker("volume rm nosuch")?.exits(1)?;
    s.docker("volume rm -f nosuch")?.ok()?;
    s.docker("volume create x")?.exits(1)?;
    s.docker("volume create bad/name")?.exits(1)?;
    s.docker("volume create -d nosuch named")?.exits(1)?;
    s.quiet("create --name user -v used:/x busybox")?;
    s.docker("volume rm used")?.exits(1)?;
    s.docker("rm user")?.ok()?;
    s.docker("volume rm used")?.ok()?;
    Ok(())
}

fn filters(s: &mut Session) -> Result<()> {
    s.quiet("volume create --label key=value one")?;
    s.quiet("volume create two")?;
    s.quiet("create -v two:/x busybox")?;
    for filter in [
        "name=on",
        "label=key",
        "label=key=other",
        "dangling=true",
        "dangling=false",
        "driver=local",
        "driver=nosuch",
    ] {
        s.docker_args(["volume", "ls", "-q", "--filter", filter])?
            .ok()?;
    }
    s.docker("volume ls --filter nosuch=x")?.exits(1)?;
    Ok(())
}
