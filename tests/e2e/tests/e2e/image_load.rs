//! `docker load` and `import`: archives become images; layers keep all they hold.

use std::process::Stdio;

use anyhow::{Result, ensure};
use palan_e2e::{Output, Scenario, Session, fixture};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("docker_archive", docker_archive),
    ("peculiar_layers", peculiar_layers),
    ("layers_are_shared", layers_are_shared),
    ("oci_archives", oci_archives),
    ("broken_archives", broken_archives),
    ("import", import),
];

fn docker_archive(s: &mut Session) -> Result<()> {
    let file = fixture("palan-test-layers.docker.tar")?;
    let file = file.display().to_string();
    let loaded = Output::of(
        s.engine()
            .docker()
            .args(["load", "-i", &file])
            .stdin(Stdio::null()),
    )?;
    ensure!(
        loaded
            .ok()?
            .ends_with("Loaded image: palan-test/layers:latest"),
        "{loaded:?}"
    );
    let again = s.quiet_args(["load", "-q", "-i", &file])?;
    s.note(&again);
    s.docker_args([
        "image",
        "inspect",
        "-f",
        "{{.Id}} {{json .RootFS.Layers}} {{.RepoTags}}",
        "palan-test/layers",
    ])?
    .ok()?;
    s.docker_args([
        "history",
        "--no-trunc",
        "--format",
        "{{.CreatedBy}}",
        "palan-test/layers",
    ])?;
    let fed = s.docker_fed("load", &std::fs::read(&file)?)?;
    ensure!(
        fed.ok()?
            .ends_with("Loaded image: palan-test/layers:latest")
    );
    s.quiet("rmi palan-test/layers")?;
    Ok(())
}

/// What a container sees of every entry: type, mode, owner, size, time, links, content.
const SHOW: &str = "cd /; for top in kept opaque file-then-folder folder-then-file links special names removed; do \
    find $top 2>/dev/null; done | sort | while IFS= read -r f; do stat -c '%A %h %u %g %t:%T %Y' \"$f\"; \
    echo \"$f\"; test -h \"$f\" && readlink \"$f\"; test -f \"$f\" && cat \"$f\"; done; true";

fn show_peculiar(s: &mut Session, name: &str) -> Result<()> {
    let output = Output::of(
        s.engine()
            .docker()
            .args(["run", "--rm", name, "sh", "-c", SHOW]),
    )?;
    // A folder's number of links depends on the file system below.
    let lines = output
        .ok()?
        .lines()
        .map(|line| match line.starts_with('d') {
            true => line
                .split(' ')
                .enumerate()
                .filter(|(i, _)| *i != 1)
                .map(|(_, w)| w)
                .collect::<Vec<_>>()
                .join(" "),
            false => line.to_owned(),
        });
    let text = lines.collect::<Vec<_>>().join("\n");
    s.note(&text);
    Ok(())
}

fn peculiar_layers(s: &mut Session) -> Result<()> {
    let file = fixture("palan-test-layers.docker.tar")?;
    s.quiet_args(["load", "-q", "-i", &file.display().to_string()])?;
    show_peculiar(s, "palan-test/layers")?;
    s.quiet("rmi palan-test/layers")?;
    Ok(())
}

fn layers_are_shared(s: &mut Session) -> Result<()> {
    for file in ["debian-bookworm-slim", "nginx"] {
        let path = fixture(&format!("{file}.docker.tar"))?;
        s.quiet_args(["load", "-q", "-i", &path.display().to_string()])?;
    }
    s.docker_args([
        "image",
        "inspect",
        "-f",
        "{{index .RootFS.Layers 0}}",
        "debian:bookworm-slim",
        "nginx",
    ])?
    .ok()?;
    let removed = s.quiet("rmi nginx")?;
    // The base layer stays, as the other image needs it.
    ensure!(
        removed
            .lines()
            .filter(|line| line.starts_with("Deleted: "))
            .count()
            == 4,
        "{removed}"
    );
    s.docker("run --rm debian:bookworm-slim cat /etc/debian_version")?
        .ok()?;
    s.quiet("rmi debian:bookworm-slim")?;
    Ok(())
}

/// dockerd 20.10 does not read OCI archives, so it loads the docker-archive of the same image.
fn oci_archives(s: &mut Session) -> Result<()> {
    let files = match s.is_reference() {
        true => [
            "palan-test-layers.docker.tar",
            "palan-test-layers.docker.tar",
        ],
        false => [
            "palan-test-layers.oci.tar",
            "palan-test-layers-zstd.oci.tar",
        ],
    };
    for file in files {
        let path = fixture(file)?;
        let loaded = s.quiet_args(["load", "-q", "-i", &path.display().to_string()])?;
        s.note(&loaded);
        s.docker_args([
            "image",
            "inspect",
            "-f",
            "{{.Id}} {{.RepoTags}}",
            "palan-test/layers",
        ])?
        .ok()?;
        show_peculiar(s, "palan-test/layers")?;
        s.quiet("rmi palan-test/layers")?;
    }
    Ok(())
}

fn broken_archives(s: &mut Session) -> Result<()> {
    let whole = std::fs::read(fixture("palan-test-layers.docker.tar")?)?;
    for (what, bytes) in [
        ("text", b"not a tar".to_vec()),
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("empty", Vec::new()),
    ] {
        let before = s.quiet("images -aq")?;
        let mut command = s.interactive("load")?;
        // The engine may stop reading at the first bad byte.
        let _ = command.send(&bytes);
        command.close_input();
        let output = command.finish()?;
        ensure!(
            output.code == Some(1) || what == "empty",
            "{what}: {output:?}"
        );
        ensure!(
            before == s.quiet("images -aq")?,
            "{what}: an image appeared"
        );
    }
    s.docker("load -i /no/such/file")?.exits(1)?;
    Ok(())
}

fn import(s: &mut Session) -> Result<()> {
    let layer = fixture("work/busybox.tar")?.display().to_string();
    let printed = s.quiet_args([
        "import",
        "-c",
        "CMD [\"echo\", \"imported\"]",
        "-c",
        "ENV A=b",
        "-m",
        "a message",
        &layer,
        "imported:one",
    ])?;
    ensure!(
        printed.starts_with("sha256:") && printed.len() == 71,
        "{printed}"
    );
    s.docker("run --rm imported:one")?.says("imported")?;
    s.docker_args([
        "image",
        "inspect",
        "-f",
        "{{json .Config.Cmd}} {{json .Config.Env}} {{.Comment}} {{json .RootFS}}",
        "imported:one",
    ])?
    .ok()?;
    s.quiet("rmi imported:one")?;
    Ok(())
}
