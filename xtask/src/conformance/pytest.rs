//! Runs pytest beside an engine and reads from its output what became of each test.
//!
//! The runner is inside the engine's sandbox, so that no test reaches the machine's network.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use palan_e2e::Engine;

use super::source::Source;

/// Seconds for one test.
const TEST_LIMIT: u32 = 45;
/// Seconds for all tests of one engine.
const RUN_LIMIT: u32 = 540;
/// The newest version of the API that the reference speaks.
const API_VERSION: &str = "1.41";

/// Whether each test that ran has passed, by pytest's test id.
pub type Outcomes = BTreeMap<String, bool>;

/// What to run.
pub struct Selection {
    /// Files, from the suite's folder.
    pub files: Vec<String>,
    /// Beginnings of test ids to leave out.
    pub deselected: Vec<String>,
}

/// Runs the selected tests; the whole output goes to `log`.
///
/// # Errors
/// When pytest cannot be started or did not run to its end.
pub fn run(
    engine: &Engine,
    source: &Source,
    selection: &Selection,
    log: &Path,
) -> Result<Outcomes> {
    let tmp = engine.dir().join("tmp");
    fs::create_dir_all(&tmp).with_context(|| format!("failed to create {tmp:?}"))?;
    let output = File::create(log).with_context(|| format!("failed to create {log:?}"))?;
    let mut command = engine.sandbox().command("env");
    // `env` and not `current_dir`: entering the sandbox goes to its root folder.
    command.arg("--chdir").arg(&source.dir);
    command
        .args(["timeout", "--kill-after=5"])
        .arg(RUN_LIMIT.to_string())
        .arg(&source.python);
    command.args(["-m", "pytest", "-v", "--tb=short", "-p", "no:cacheprovider"]);
    command
        .arg(format!("--timeout={TEST_LIMIT}"))
        .args(&selection.files);
    for id in &selection.deselected {
        command.args(["--deselect", id]);
    }
    command
        .current_dir(&source.dir)
        .env(
            "DOCKER_HOST",
            format!("unix://{}", engine.socket().display()),
        )
        .env("DOCKER_TEST_API_VERSION", API_VERSION)
        .env("HOME", engine.dir())
        .env("TMPDIR", &tmp)
        .stdin(Stdio::null())
        .stderr(output.try_clone().context("failed to clone a file")?)
        .stdout(output);
    let status = command.status().context("failed to start pytest")?;
    // pytest: 0 when all passed, 1 when some failed; all else is no result.
    if !matches!(status.code(), Some(0 | 1)) {
        bail!(
            "pytest on {} ended with {status}: see {}",
            engine.name(),
            log.display()
        );
    }
    let text = fs::read(log).with_context(|| format!("failed to read {log:?}"))?;
    Ok(parse(&String::from_utf8_lossy(&text)))
}

/// Reads the lines `<id> PASSED [ 10%]` of `pytest -v`. A test with an error in its clean-up has two
/// lines and has not passed; a skipped one is left out.
fn parse(text: &str) -> Outcomes {
    let mut outcomes = Outcomes::new();
    for line in text.lines().filter(|line| line.starts_with("tests/")) {
        let passed = line.split_once(" PASSED");
        let failed = ["FAILED", "ERROR"]
            .into_iter()
            .find_map(|word| line.split_once(&format!(" {word}")));
        match (passed, failed) {
            (Some((id, _)), _) => {
                outcomes.entry(id.to_owned()).or_insert(true);
            }
            (None, Some((id, _))) => {
                outcomes.insert(id.to_owned(), false);
            }
            (None, None) => {}
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_outcomes_and_counts_failed_clean_up_as_failure() {
        let text = "collected 4 items\n\
            tests/integration/a_test.py::T::test_one PASSED [ 25%]\n\
            tests/integration/a_test.py::T::test_two FAILED [ 50%]\n\
            tests/integration/a_test.py::T::test_three SKIPPED (no) [ 75%]\n\
            tests/integration/a_test.py::T::test_four PASSED [100%]\n\
            tests/integration/a_test.py::T::test_four ERROR [100%]\n\
            FAILED tests/integration/a_test.py::T::test_two - x\n";
        let found: Vec<(String, bool)> = parse(text).into_iter().collect();
        let id = |name: &str| format!("tests/integration/a_test.py::T::{name}");
        let wanted = [
            (id("test_four"), false),
            (id("test_one"), true),
            (id("test_two"), false),
        ];
        assert_eq!(found, wanted);
    }
}
