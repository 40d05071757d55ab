//! Runs a scenario on each engine and compares what users saw.
//!
//! Transcripts are compared as text and are kept in `target/e2e/`; documents are compared value by
//! value, except where [`exceptions`] says why they may differ.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::engine::Engine;
use crate::output::Output;
use crate::session::Session;
use crate::settings::target_dir;

mod documents;
mod exceptions;

/// Drives one engine; its own checks hold on every engine.
pub type Scenario = fn(&mut Session) -> Result<()>;

type Record = (String, BTreeMap<String, Value>);

/// Runs `scenario` on the given engines at the same time, and compares the others with the first.
///
/// # Errors
/// When a check of the scenario fails or the engines differ; the message has all that was found.
pub fn run_scenario(name: &str, scenario: Scenario, engines: &[&Engine]) -> Result<()> {
    let records: Vec<Result<Record>> = std::thread::scope(|scope| {
        let runs: Vec<_> = engines
            .iter()
            .map(|engine| scope.spawn(|| run(name, scenario, engine)))
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("a scenario does not panic"))
            .collect()
    });
    let mut problems = Vec::new();
    for (record, engine) in records.iter().zip(engines) {
        match (record, &records[0]) {
            (Err(error), _) => problems.push(format!("on {}: {error:#}", engine.name())),
            (Ok(found), Ok(expected)) => {
                let against = [engines[0].name(), engine.name()];
                problems.extend(compare(name, against, expected, found)?);
            }
            (Ok(_), Err(_)) => {}
        }
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(())
}

fn compare(
    name: &str,
    against: [&str; 2],
    (transcript, documents): &Record,
    (other_transcript, other_documents): &Record,
) -> Result<Option<String>> {
    if transcript != other_transcript {
        return Ok(Some(format!(
            "outputs differ:\n{}",
            difference(name, against)?
        )));
    }
    let differences = documents::differences(documents, other_documents);
    let text = || {
        format!(
            "documents of {} differ:\n  {}",
            against[1],
            differences.join("\n  ")
        )
    };
    Ok((!differences.is_empty()).then(text))
}

fn run(name: &str, scenario: Scenario, engine: &Engine) -> Result<Record> {
    let mut session = Session::new(engine);
    let result = scenario(&mut session);
    let record = session.finish();
    let path = transcript_path(name, engine.name())?;
    fs::write(&path, &record.0).with_context(|| format!("failed to write {path:?}"))?;
    let cleared = engine.clear().context("failed to clear the engine");
    result.and(cleared).map(|()| record)
}

fn transcript_path(name: &str, engine: &str) -> Result<std::path::PathBuf> {
    let dir = target_dir().join("e2e");
    fs::create_dir_all(&dir).with_context(|| format!("failed to create {dir:?}"))?;
    Ok(dir.join(format!("{}.{engine}.txt", name.replace("::", "-"))))
}

fn difference(name: &str, [first, second]: [&str; 2]) -> Result<String> {
    let mut diff = Command::new("diff");
    diff.args(["--unified=4", "--label", first, "--label", second]);
    diff.arg(transcript_path(name, first)?)
        .arg(transcript_path(name, second)?);
    Ok(Output::of(&mut diff)?.stdout)
}
