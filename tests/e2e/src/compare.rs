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

/// Runs `scenario` on the given engines at the same time, and compares when there are two.
///
/// # Errors
/// When a check of the scenario fails or the engines differ.
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
    let mut records = records
        .into_iter()
        .zip(engines)
        .map(|(record, engine)| record.with_context(|| format!("on {}", engine.kind().name())));
    let Some(first) = records.next() else {
        bail!("no engine takes part")
    };
    let (transcript, expected) = first?;
    for other in records {
        let (other, found) = other?;
        if transcript != other {
            bail!("the engines' outputs differ:\n{}", difference(name)?);
        }
        let differences = documents::differences(&expected, &found);
        if !differences.is_empty() {
            bail!(
                "the engines' documents differ:\n  {}",
                differences.join("\n  ")
            );
        }
    }
    Ok(())
}

fn run(name: &str, scenario: Scenario, engine: &Engine) -> Result<Record> {
    let mut session = Session::new(engine);
    let result = scenario(&mut session);
    let record = session.finish();
    let path = transcript_path(name, engine.kind().name())?;
    fs::write(&path, &record.0).with_context(|| format!("failed to write {path:?}"))?;
    let cleared = engine.clear().context("failed to clear the engine");
    result.and(cleared).map(|()| record)
}

fn transcript_path(name: &str, engine: &str) -> Result<std::path::PathBuf> {
    let dir = target_dir().join("e2e");
    fs::create_dir_all(&dir).with_context(|| format!("failed to create {dir:?}"))?;
    Ok(dir.join(format!("{}.{engine}.txt", name.replace("::", "-"))))
}

fn difference(name: &str) -> Result<String> {
    let mut diff = Command::new("diff");
    diff.args(["--unified=5", "--label", "reference", "--label", "palan"]);
    diff.arg(transcript_path(name, "reference")?)
        .arg(transcript_path(name, "palan")?);
    Ok(Output::of(&mut diff)?.stdout)
}
