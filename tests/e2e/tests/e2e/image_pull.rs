//! `docker pull` and `push` with a registry on the loopback address.

use anyhow::{Result, ensure};
use palan_e2e::{Output, Registry, Scenario, Session};
use serde_json::{Value, json};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("pull_tag", pull_tag),
    ("pull_digest", pull_digest),
    ("pull_manifest_list", pull_manifest_list),
    ("pull_when_running", pull_when_running),
    ("pull_errors", pull_errors),
];

fn pull_tag(s: &mut Session) -> Result<()> {
    let registry = Registry::start(s.engine())?;
    let name = format!("{}/test/layers:v1", registry.address());
    registry.store("palan-test-layers", "test/layers:v1")?;
    let output = Output::of(s.engine().docker().args(["pull", &name]))?;
    // The order of the layers' lines is chance.
    let mut lines: Vec<&str> = output.ok()?.lines().collect();
    lines.sort_unstable();
    lines.retain(|line| !line.contains("Verifying Checksum") && !line.contains("Waiting"));
    s.note(&lines.join("\n"));
    s.docker_args(["pull", &name])?
        .says("Image is up to date")?;
    s.docker_args(["pull", "-q", &name])?.ok()?;
    s.docker_args([
        "inspect",
        "-f",
        "{{.Id}} {{.RepoTags}} {{.RepoDigests}}",
        &name,
    ])?
    .ok()?;
    s.docker_args([
        "images",
        "--digests",
        "--format",
        "{{.Repository}} {{.Tag}} {{.Digest}}",
        "127.0.0.1:5000/test/layers",
    ])?
    .ok()?;
    s.docker_args(["run", "--rm", &name, "cat", "/kept/a"])?
        .says("kept")?;
    s.docker_args(["rmi", &name])?.ok()?;
    Ok(())
}

fn pull_digest(s: &mut Session) -> Result<()> {
    let registry = Registry::start(s.engine())?;
    registry.store("palan-test-layers", "test/layers:v1")?;
    let tagged = format!("{}/test/layers:v1", registry.address());
    s.quiet_args(["pull", "-q", &tagged])?;
    let digest = s.quiet_args(["inspect", "-f", "{{index .RepoDigests 0}}", &tagged])?;
    s.quiet_args(["rmi", &tagged])?;
    let output = s.quiet_args(["pull", &digest])?;
    ensure!(
        output.contains("Status: Downloaded newer image for 127.0.0.1:5000/test/layers@sha256:"),
        "{output}"
    );
    s.docker_args([
        "images",
        "--format",
        "{{.Repository}} {{.Tag}}",
        "127.0.0.1:5000/test/layers",
    ])?
    .ok()?;
    s.docker_args(["run", "--rm", &digest, "cat", "/kept/a"])?
        .says("kept")?;
    s.docker_args(["rmi", &digest])?.ok()?;
    Ok(())
}

fn pull_manifest_list(s: &mut Session) -> Result<()> {
    let registry = Registry::start(s.engine())?;
    registry.store("busybox", "multi:amd64")?;
    let manifest = registry.get("/v2/multi/manifests/amd64")?;
    let parsed: Value = serde_json::from_str(manifest.ok()?)?;
    let media_type = parsed["mediaType"].as_str().unwrap_or_default();
    let digest = s.quiet("inspect -f {{.Id}} busybox")?;
    ensure!(
        parsed["config"]["digest"] == json!(digest),
        "the registry keeps the image's id"
    );
    let listed = Output::of(s.client("sha256sum").arg("/dev/null"))?;
    listed.ok()?;
    let body = manifest.stdout.as_bytes();
    let own = sha256(s, body)?;
    let entry = |architecture: &str, digest: &str| {
        json!({"mediaType": media_type, "size": body.len(), "digest": format!("sha256:{digest}"),
               "platform": {"architecture": architecture, "os": "linux"}})
    };
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": [entry("amd64", &own)]});
    registry.put_manifest("multi", "latest", kind, &index.to_string())?;
    let name = format!("{}/multi", registry.address());
    s.quiet_args(["pull", &name])?;
    s.docker_args([
        "inspect",
        "-f",
        "{{.Id}} {{.Architecture}} {{.RepoDigests}}",
        &name,
    ])?
    .ok()?;
    s.docker_args(["pull", "--platform", "linux/arm64", &name])?
        .exits(1)?;
    s.docker_args(["rmi", &name])?.ok()?;
    Ok(())
}

fn sha256(s: &mut Session, bytes: &[u8]) -> Result<String> {
    let path = s.engine().dir().join("manifest");
    std::fs::write(&path, bytes)?;
    let sum = Output::of(s.client("sha256sum").arg(&path))?;
    std::fs::remove_file(&path)?;
    Ok(sum.ok()?.split(' ').next().unwrap_or_default().to_owned())
}

fn pull_when_running(s: &mut Session) -> Result<()> {
    let registry = Registry::start(s.engine())?;
    registry.store("palan-test-layers", "needed:latest")?;
    let name = format!("{}/needed", registry.address());
    let output = Output::of(
        s.engine()
            .docker()
            .args(["run", "--rm", &name, "cat", "/kept/a"]),
    )?;
    ensure!(
        output.ok()? == "kept" && output.stderr.contains("Unable to find image"),
        "{output:?}"
    );
    s.docker_args([
        "run", "--rm", "--pull", "always", "-q", &name, "cat", "/kept/a",
    ])?;
    s.quiet_args(["rmi", &name])?;
    s.docker_args(["run", "--rm", "--pull", "never", &name, "true"])?
        .exits(125)?;
    Ok(())
}

fn pull_errors(s: &mut Session) -> Result<()> {
    let registry = Registry::start(s.engine())?;
    registry.store("busybox", "known:latest")?;
    let address = registry.address();
    s.docker_args(["pull", &format!("{address}/unknown")])?
        .exits(1)?;
    s.docker_args(["pull", &format!("{address}/known:nosuch")])?
        .exits(1)?;
    s.docker_args([
        "pull",
        &format!("{address}/known@sha256:{}", "0".repeat(64)),
    ])?
    .exits(1)?;
    s.docker_args(["pull", &format!("{address}/UPPER")])?
        .exits(1)?;
    s.docker_args(["pull", "127.0.0.1:1/refused"])?.exits(1)?;
    Ok(())
}
