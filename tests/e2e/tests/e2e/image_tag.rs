//! `docker images`, `tag` and `rmi`.

use anyhow::Result;
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("list", list),
    ("tag_and_untag", tag_and_untag),
    ("remove_conflicts", remove_conflicts),
    ("references", references),
];

fn list(s: &mut Session) -> Result<()> {
    s.quiet("tag busybox other/name:v1")?;
    let format = "{{.Repository}} {{.Tag}} {{.ID}} {{.CreatedSince}}";
    s.docker_sorted(["images", "--format", format])?;
    s.docker("images -q")?.ok()?;
    s.docker("images -q --no-trunc")?.ok()?;
    s.docker("images --format {{.Repository}}:{{.Tag}} busybox")?
        .ok()?;
    s.docker("images --format {{.Repository}}:{{.Tag}} nosuch")?
        .ok()?;
    s.docker("images --format {{.Repository}}:{{.Tag}} --filter reference=other/*")?
        .ok()?;
    s.docker("images --format {{.Repository}}:{{.Tag}} --filter dangling=true")?
        .ok()?;
    s.docker("images --filter nosuch=x")?.exits(1)?;
    s.quiet("rmi other/name:v1")?;
    Ok(())
}

fn tag_and_untag(s: &mut Session) -> Result<()> {
    s.docker("tag busybox copy")?.ok()?;
    s.docker("tag copy:latest registry.example.org:5000/a/b:v1.0")?
        .ok()?;
    s.docker_args(["inspect", "-f", "{{json .RepoTags}}", "busybox"])?
        .ok()?;
    s.docker("run --rm copy echo same")?.says("same")?;
    s.docker("rmi copy")?.says("Untagged: copy:latest")?;
    s.docker("rmi registry.example.org:5000/a/b:v1.0")?.ok()?;
    s.docker("rmi copy")?.exits(1)?;
    s.docker("tag nosuch x")?.exits(1)?;
    s.docker("tag busybox UPPER")?.exits(1)?;
    s.docker("tag busybox a:b:c")?.exits(1)?;
    s.docker("tag busybox")?.exits(1)?;
    Ok(())
}

fn remove_conflicts(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name user busybox sleep 1000")?;
    s.docker("rmi busybox")?.exits(1)?;
    s.quiet("tag busybox second")?;
    s.docker("rmi second")?.ok()?;
    let id = s.quiet("inspect -f {{.Id}} busybox")?;
    s.quiet("tag busybox third/one")?;
    s.docker_args(["rmi", &id])?.exits(1)?;
    s.docker("rmi third/one")?.ok()?;
    s.docker("rmi nosuch")?.exits(1)?;
    s.docker("rmi -f nosuch")?;
    Ok(())
}

fn references(s: &mut Session) -> Result<()> {
    let id = s.quiet("inspect -f {{.Id}} busybox")?;
    let hex = id.trim_start_matches("sha256:");
    for reference in [
        "busybox",
        "busybox:latest",
        "docker.io/busybox",
        "docker.io/library/busybox:latest",
        &id,
        hex,
        &hex[..12],
    ] {
        s.docker_args(["image", "inspect", "-f", "{{.Id}}", reference])?
            .ok()?;
    }
    s.docker("image inspect busybox:nosuch")?.exits(1)?;
    s.docker("image inspect BAD")?.exits(1)?;
    Ok(())
}
