//! Checks after a crash: every container that was started has its exit code and its whole log.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use palan_e2e::{Engine, wait_until};

use super::plan::{Report, Run};

/// Containers end by themselves within a second of their start.
const LIMIT: Duration = Duration::from_secs(30);

const FORMAT: &str = "{{.Name}} {{.State.Status}} {{.State.ExitCode}} {{.State.StartedAt}}";

/// What the engine says of a container.
struct State {
    status: String,
    code: i32,
    started: bool,
}

/// Checks each run against its client's report.
///
/// # Errors
/// Names the first container that is wrong.
pub fn check_all(engine: &Engine, runs: &[Run], reports: &[Report]) -> Result<()> {
    wait_until("all containers' end", LIMIT, || {
        Ok(states(engine)?
            .values()
            .all(|state| !["running", "restarting"].contains(&&*state.status)))
    })?;
    let removed = |run: &&Run| run.removed;
    wait_until("the removal of what runs with --rm", LIMIT, || {
        let states = states(engine)?;
        let left = |run: &Run| states.get(&run.name).is_some_and(|state| state.started);
        Ok(!runs.iter().filter(removed).any(left))
    })?;
    let states = states(engine)?;
    for (run, report) in runs.iter().zip(reports) {
        check(engine, run, report, states.get(&run.name))
            .with_context(|| format!("{}: its client got {report:?}", run.name))?;
    }
    Ok(())
}

fn check(engine: &Engine, run: &Run, report: &Report, state: Option<&State>) -> Result<()> {
    let told = report.was_told(run);
    let Some(state) = state else {
        ensure!(run.removed || !told, "it is gone");
        return Ok(());
    };
    if !state.started {
        ensure!(
            !told,
            "it was never started, its status is {}",
            state.status
        );
        return Ok(());
    }
    if state.status != "exited" {
        bail!("its status is {}", state.status);
    }
    ensure!(
        state.code == run.code,
        "its exit code is {} instead of {}",
        state.code,
        run.code
    );
    let logs = engine.run("logs", [&run.name])?;
    logs.ok()?;
    ensure!(
        logs.stdout == run.log(),
        "its log is not whole: {:?}",
        logs.stdout
    );
    Ok(())
}

/// All containers by name.
fn states(engine: &Engine) -> Result<BTreeMap<String, State>> {
    let ids = engine.run("ps", ["-aq", "--no-trunc"])?.ok()?.to_owned();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    // A container may be removed between the two commands, which is no failure here.
    let listed = engine.run("inspect", ["-f", FORMAT].into_iter().chain(ids.lines()))?;
    let states = listed.stdout.lines().filter_map(|line| {
        let mut words = line.trim_start_matches('/').split(' ');
        let (name, status) = (words.next()?.to_owned(), words.next()?.to_owned());
        let code = words.next()?.parse().ok()?;
        let started = !words.next()?.starts_with("0001-");
        Some((
            name,
            State {
                status,
                code,
                started,
            },
        ))
    });
    Ok(states.collect())
}
