//! Filters of list requests: for each name, values of which one must match.

#[cfg(test)]
mod tests;
mod until;

use std::collections::BTreeMap;

pub(crate) use until::until;

use crate::{Error, Result};

/// Values by filter name.
pub type Filters = BTreeMap<String, Vec<String>>;

/// Refuses filters that an operation does not know.
pub(crate) fn check_names(filters: &Filters, known: &[&str]) -> Result<()> {
    match filters.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Error::InvalidFilter(name.clone())),
        None => Ok(()),
    }
}

/// Whether the filter is absent or one of its values satisfies the predicate.
pub(crate) fn any(filters: &Filters, name: &str, matches: impl Fn(&str) -> bool) -> bool {
    filters
        .get(name)
        .is_none_or(|values| values.iter().any(|value| matches(value)))
}

/// Whether every `label` filter (`key` or `key=value`) is satisfied, and not every `label!` filter is.
pub(crate) fn labels(filters: &Filters, labels: &BTreeMap<String, String>) -> bool {
    let has = |wanted: &String| match wanted.split_once('=') {
        Some((key, value)) => labels.get(key).is_some_and(|have| have == value),
        None => labels.contains_key(wanted),
    };
    let all = |name: &str| filters.get(name).map(|wanted| wanted.iter().all(has));
    all("label") != Some(false) && all("label!") != Some(true)
}

/// The value of a filter that must be a boolean, when it is given.
pub(crate) fn boolean(filters: &Filters, name: &str) -> Result<Option<bool>> {
    let Some(values) = filters.get(name) else {
        return Ok(None);
    };
    let given = |words: [&str; 2]| words.iter().any(|word| values.iter().any(|v| v == word));
    match (given(["1", "true"]), given(["0", "false"])) {
        (true, false) => Ok(Some(true)),
        (false, true) => Ok(Some(false)),
        _ => Err(Error::InvalidFilter(format!(
            "{name}=[{}]",
            values.join(" ")
        ))),
    }
}
