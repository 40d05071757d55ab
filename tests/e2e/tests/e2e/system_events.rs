//! `docker events`: what is reported, in which order, and filters.

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("life_of_a_container", life_of_a_container),
    ("images_and_volumes", images_and_volumes),
    ("filters", filters),
    ("live", live),
];

fn now(s: &mut Session) -> Result<String> {
    Ok(palan_e2e::Output::of(s.client("date").arg("+%s.%N"))?
        .ok()?
        .to_owned())
}

/// The events since `since`, one a line, in the given format.
fn events(s: &mut Session, since: &str, format: &str, filters: &[&str]) -> Result<String> {
    let until = now(s)?;
    let mut args = vec![
        "events", "--since", since, "--until", &until, "--format", format,
    ];
    for filter in filters {
        args.extend(["--filter", filter]);
    }
    s.quiet_args(args)
}

fn life_of_a_container(s: &mut Session) -> Result<()> {
    let since = now(s)?;
    s.quiet("run -d --name life -l key=value -v data:/data -p 18080:80 busybox sleep 1000")?;
    s.quiet("exec life true")?;
    s.quiet("rename life renamed")?;
    s.quiet("pause renamed")?;
    s.quiet("unpause renamed")?;
    s.quiet("restart -t 0 renamed")?;
    s.quiet("kill renamed")?;
    s.quiet("wait renamed")?;
    s.quiet("rm renamed")?;
    s.docker_with("run --rm --name short busybox sh -c", "exit 3")?
        .exits(3)?;
    let format = "{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.image}} {{.Actor.Attributes.exitCode}} {{.Actor.Attributes.signal}}";
    let text = events(s, &since, format, &["type=container"])?;
    ensure!(text.contains("container die"), "{text}");
    s.note(&text);
    let others = events(
        s,
        &since,
        "{{.Type}} {{.Action}}",
        &["type=network", "type=volume"],
    )?;
    s.note(&others);
    Ok(())
}

fn images_and_volumes(s: &mut Session) -> Result<()> {
    let since = now(s)?;
    s.quiet("tag busybox another:one")?;
    s.quiet("rmi another:one")?;
    s.quiet("volume create made")?;
    s.quiet("volume rm made")?;
    let text = events(s, &since, "{{.Type}} {{.Action}} {{.Actor.ID}}", &[])?;
    s.note(&text);
    Ok(())
}

fn filters(s: &mut Session) -> Result<()> {
    let since = now(s)?;
    s.quiet("run --name one -l key=a busybox true")?;
    s.quiet("run --name two -l key=b busybox true")?;
    for filter in [
        "container=one",
        "event=die",
        "label=key=b",
        "image=busybox",
        "container=nosuch",
        "type=volume",
    ] {
        let text = events(
            s,
            &since,
            "{{.Action}} {{.Actor.Attributes.name}}",
            &[filter, "type=container"],
        );
        let text = if filter == "type=volume" {
            events(s, &since, "{{.Action}}", &[filter])
        } else {
            text
        };
        let text = text?;
        s.note(&format!("{filter}:\n{text}"));
    }
    s.docker_args(["events", "--since", "nosuch", "--until", "0"])?
        .exits(1)?;
    Ok(())
}

fn live(s: &mut Session) -> Result<()> {
    let mut watching = s.interactive(
        "events --filter type=container --format {{.Action}}:{{.Actor.Attributes.name}}",
    )?;
    // Only what comes after the subscription is seen: repeat until the first event arrives.
    s.quiet("create --name first busybox")?;
    s.quiet("rm first")?;
    s.quiet("run --name watched busybox true")?;
    watching.expect("start:watched")?;
    watching.expect("die:watched")?;
    s.quiet("rm watched")?;
    watching.expect("destroy:watched")?;
    Ok(())
}
