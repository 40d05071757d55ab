//! The folder is the layer: refuses dependencies that point upwards or sideways.
//!
//! Reads `cargo metadata`; the rules themselves are the pure function [`refusal`].

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;

/// What each layer may name; itself is listed where neighbours may name each other.
const RULES: &[(&str, &[&str])] = &[
    ("base", &["base"]),
    ("drivers", &["base"]),
    ("domain", &["base", "domain"]),
    ("edges", &["base", "domain", "edges"]),
    ("apps", &["base", "drivers", "domain", "edges"]),
    ("tests", &["base", "drivers", "domain", "edges", "apps"]),
    // The harness of the end-to-end tests starts the engines that are measured.
    ("xtask", &["tests"]),
];

/// Checks every dependency between the workspace's own packages, for tests as well.
///
/// # Errors
/// Names each dependency that breaks a rule.
pub fn run() -> Result<()> {
    let args = ["metadata", "--no-deps", "--format-version", "1"];
    let text = process::stdout(&mut process::cargo(&args))?;
    let metadata: Value = serde_json::from_str(&text).context("failed to read cargo metadata")?;
    let refusals: Vec<String> = dependencies(&metadata)
        .into_iter()
        .filter_map(|(from, to)| refusal(&from, &to).map(|why| format!("{from} -> {to}: {why}")))
        .collect();
    if !refusals.is_empty() {
        bail!(
            "dependencies against the layers of ARCHITECTURE.md:\n  {}",
            refusals.join("\n  ")
        );
    }
    Ok(())
}

/// The folders, relative to the workspace, of each package and of what it names in it.
fn dependencies(metadata: &Value) -> Vec<(String, String)> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let relative = |path: &str| {
        let path = path.strip_prefix(root)?.trim_start_matches('/');
        Some(path.trim_end_matches("/Cargo.toml").to_owned())
    };
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let Some(from) = package["manifest_path"].as_str().and_then(relative) else {
            continue;
        };
        let named = package["dependencies"].as_array().into_iter().flatten();
        let named = named.filter_map(|named| named["path"].as_str().and_then(relative));
        found.extend(named.map(|to| (from.clone(), to)));
    }
    found
}

/// Why the package in folder `from` must not name the one in folder `to`, if so.
fn refusal(from: &str, to: &str) -> Option<String> {
    let (from, to) = (layer(from), layer(to));
    let Some((_, allowed)) = RULES.iter().find(|(name, _)| *name == from) else {
        return Some(format!("`{from}` is not a layer"));
    };
    if allowed.contains(&to) {
        return None;
    }
    Some(match from == to {
        true => format!("packages of `{from}` must not name each other"),
        false => format!("`{from}` must not name `{to}`"),
    })
}

fn layer(folder: &str) -> &str {
    folder.split('/').next().unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn downward_is_allowed() {
        for (from, to) in [
            ("drivers/images", "base/model"),
            ("edges/docker-server", "domain/engine"),
            ("edges/docker-server", "edges/docker-api"),
            ("apps/palan", "drivers/state"),
        ] {
            assert_eq!(refusal(from, to), None, "{from} -> {to}");
        }
    }

    #[test]
    fn upward_and_sideways_are_refused() {
        for (from, to) in [
            ("base/linux", "drivers/runtime"),
            ("drivers/runtime", "drivers/networks"),
            ("domain/engine", "drivers/state"),
            ("domain/engine", "edges/docker-api"),
            ("edges/docker-server", "drivers/images"),
            ("apps/palan-runner", "apps/palan"),
            ("elsewhere/x", "base/model"),
        ] {
            assert!(refusal(from, to).is_some(), "{from} -> {to}");
        }
    }
}
