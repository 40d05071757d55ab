//! The ledger of a suite: one line for each test that passes on the reference and on Palan.
//!
//! Lines are sorted; a line that starts with `#` is a comment and only allowed at the top. A test leaves
//! the ledger only by a change made by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::pytest::Outcomes;

/// The tests that have passed, and the file that says so.
pub struct Ledger {
    path: PathBuf,
    header: String,
    tests: BTreeSet<String>,
}

/// What a run says about the ledger.
#[derive(Debug, PartialEq, Eq)]
pub struct Comparison {
    /// In the ledger, and not passed on Palan now (failed, or no longer run).
    pub lost: Vec<String>,
    /// Passed on both, and not in the ledger.
    pub gained: Vec<String>,
    /// Passed on the reference and not on Palan.
    pub missing: Vec<String>,
}

impl Ledger {
    /// Reads the ledger.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("failed to read {path:?}"))?;
        let (comments, tests): (Vec<&str>, Vec<&str>) = text
            .lines()
            .filter(|line| !line.is_empty())
            .partition(|line| line.starts_with('#'));
        Ok(Self {
            path: path.to_owned(),
            header: comments.join("\n"),
            tests: tests.into_iter().map(str::to_owned).collect(),
        })
    }

    /// How many tests it has.
    pub fn len(&self) -> usize {
        self.tests.len()
    }

    /// Compares it with a run.
    pub fn compare(&self, reference: &Outcomes, palan: &Outcomes) -> Comparison {
        let passed = |outcomes: &Outcomes, id: &str| outcomes.get(id) == Some(&true);
        let good = reference.keys().filter(|id| passed(reference, id));
        let (both, missing): (Vec<&String>, Vec<&String>) = good.partition(|id| passed(palan, id));
        let lost = self.tests.iter().filter(|id| !passed(palan, id));
        let gained = both.into_iter().filter(|id| !self.tests.contains(*id));
        Comparison {
            lost: lost.cloned().collect(),
            gained: gained.cloned().collect(),
            missing: missing.into_iter().cloned().collect(),
        }
    }

    /// Adds tests and writes the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, tests: &[String]) -> Result<()> {
        self.tests.extend(tests.iter().cloned());
        let mut text = format!("{}\n", self.header);
        for test in &self.tests {
            text.push_str(test);
            text.push('\n');
        }
        fs::write(&self.path, text).with_context(|| format!("failed to write {:?}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(all: &[(&str, bool)]) -> Outcomes {
        all.iter()
            .map(|(id, passed)| ((*id).to_owned(), *passed))
            .collect()
    }

    #[test]
    fn tells_lost_gained_and_missing_and_keeps_the_header() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("suite.ledger");
        fs::write(&path, "# about\nkept\nlost\ngone\n").unwrap();
        let mut ledger = Ledger::read(&path).unwrap();
        let reference = outcomes(&[
            ("kept", true),
            ("lost", true),
            ("new", true),
            ("bad", false),
        ]);
        let palan = outcomes(&[
            ("kept", true),
            ("lost", false),
            ("new", true),
            ("bad", true),
        ]);
        let found = ledger.compare(&reference, &palan);
        assert_eq!(found.lost, ["gone", "lost"]);
        assert_eq!(found.gained, ["new"]);
        assert_eq!(found.missing, ["lost"]);
        ledger.add(&found.gained).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# about\ngone\nkept\nlost\nnew\n");
    }
}
