//! `NAME=value` in flags and files: `--env`, `--env-file`, `--label`, `--label-file`.

use std::collections::BTreeMap;

use crate::cli::args::FlagValue;

/// Environment variables: a bare `NAME` takes its value from this program's environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(pub Vec<String>);

impl FlagValue for Variables {
    const WORD: &'static str = "list";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let name = text.split('=').next().unwrap_or_default();
        if name.is_empty() {
            return Err(format!("invalid environment variable: {text}"));
        }
        let inherited = match (text.contains('='), std::env::var(name)) {
            (false, Ok(value)) => format!("{name}={value}"),
            _ => text.to_owned(),
        };
        self.0.push(inherited);
        Ok(())
    }
}

/// Labels: a name without blanks, and a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(pub Vec<String>);

impl FlagValue for Labels {
    const WORD: &'static str = "list";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let name = text.split('=').next().unwrap_or_default();
        let name = name.trim_start_matches([' ', '\t']);
        if name.is_empty() {
            return Err(format!("invalid label '{text}': empty name"));
        }
        if name.contains([' ', '\t']) {
            return Err(format!("label '{name}' contains whitespaces"));
        }
        self.0.push(text.to_owned());
        Ok(())
    }
}

/// The lines of files, then the values of flags. A bare `NAME` in a file is looked up; without a
/// value it is left out.
///
/// # Errors
/// When a file cannot be read or a line is not valid.
pub fn read_all(
    files: &[String],
    given: &[String],
    lookup: fn(&str) -> Option<String>,
) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    for path in files {
        let bytes =
            std::fs::read(path).map_err(|error| format!("open {path}: {}", reason(&error)))?;
        let lines = parse_file(&bytes, lookup)
            .map_err(|why| format!("invalid env file ({path}): {why}"))?;
        all.extend(lines);
    }
    all.extend_from_slice(given);
    Ok(all)
}

/// The system's text for an error, without Rust's number.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let bare = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = bare.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => text,
    }
}

fn parse_file(bytes: &[u8], lookup: fn(&str) -> Option<String>) -> Result<Vec<String>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut variables = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = std::str::from_utf8(line)
            .map_err(|_| format!("invalid utf8 bytes at line {}: {line:?}", index + 1))?;
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let name = line.split('=').next().unwrap_or_default();
        if name.is_empty() {
            return Err(format!("no variable name on line '{line}'"));
        }
        if name.contains([' ', '\t']) {
            return Err(format!("variable '{name}' contains whitespaces"));
        }
        if line.contains('=') {
            variables.push(line.to_owned());
        } else if let Some(value) = lookup(name) {
            variables.push(format!("{name}={value}"));
        }
    }
    Ok(variables)
}

/// A variable of this program's environment.
pub fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Nothing to look up.
pub fn nowhere(_name: &str) -> Option<String> {
    None
}

/// As a map; a later value of the same name wins.
pub fn to_map(pairs: &[String]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
