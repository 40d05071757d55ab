//! `--filter name=value`: collected into the JSON that the API takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::args::FlagValue;

/// Wanted values by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<String, BTreeSet<String>>);

impl Filters {
    /// One more wanted value.
    pub fn add(&mut self, name: &str, value: &str) {
        self.0
            .entry(name.to_owned())
            .or_default()
            .insert(value.to_owned());
    }

    /// The value of the query parameter `filters`; empty when nothing is filtered.
    pub fn to_query(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let sets: BTreeMap<&str, BTreeMap<&str, bool>> = self
            .0
            .iter()
            .map(|(name, values)| {
                let set = values.iter().map(|value| (value.as_str(), true)).collect();
                (name.as_str(), set)
            })
            .collect();
        serde_json::to_string(&sets).expect("texts are valid JSON keys")
    }
}

impl FlagValue for Filters {
    const WORD: &'static str = "filter";

    fn set(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        let (name, value) = text
            .split_once('=')
            .ok_or("bad format of filter (expected name=value)")?;
        self.add(&name.trim().to_lowercase(), value.trim());
        Ok(())
    }
}
