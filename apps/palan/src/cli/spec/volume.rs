//! `--volume`: `[source:]target[:options]`. A source that looks like a path is a bind mount, else
//! it names a volume; without a source it is an anonymous volume.

use std::collections::BTreeMap;
use std::path::Path;

use palan_docker_api::Empty;

/// What the values of `--volume` ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    /// `source:target[:options]` each.
    pub binds: Vec<String>,
    /// Targets of anonymous volumes.
    pub anonymous: BTreeMap<String, Empty>,
}

/// All values of `--volume`. Relative sources are taken from `directory`.
///
/// # Errors
/// When one of them is not valid, in Docker's words.
pub fn parse(texts: &[String], directory: &Path) -> Result<Volumes, String> {
    let mut volumes = Volumes::default();
    for text in texts {
        let sections = split_sections(text)?;
        if sections.len() == 1 {
            volumes.anonymous.insert(text.clone(), Empty {});
            continue;
        }
        let bind = match text.strip_prefix('.') {
            Some(_) => absolute(text, directory),
            None => text.clone(),
        };
        if !volumes.binds.contains(&bind) {
            volumes.binds.push(bind);
        }
    }
    Ok(volumes)
}

fn split_sections(text: &str) -> Result<Vec<&str>, String> {
    if text.is_empty() {
        return Err("invalid empty volume spec".to_owned());
    }
    // Docker takes very short texts as they are.
    if text.len() <= 2 {
        return Ok(vec![text]);
    }
    let mut sections: Vec<&str> = Vec::new();
    let mut start = 0;
    for (end, _) in text.match_indices(':').chain([(text.len(), "")]) {
        let section = &text[start..end];
        // One letter and a colon begin a path of another system, as Docker reads it.
        let is_drive = section.len() == 1 && section.starts_with(|c: char| c.is_alphabetic());
        if is_drive && end < text.len() {
            continue;
        }
        sections.push(section);
        start = end + 1;
    }
    if sections.iter().any(|section| section.is_empty()) {
        return Err(format!(
            "invalid spec: {text}: empty section between colons"
        ));
    }
    if sections.len() > 3 {
        return Err(format!("invalid spec: {text}: too many colons"));
    }
    Ok(sections)
}

/// The bind with its relative source made absolute.
fn absolute(text: &str, directory: &Path) -> String {
    let (source, rest) = text.split_once(':').expect("a bind has two sections");
    format!("{}:{rest}", absolute_path(source, directory))
}

/// A path below `directory`, without `.` and `..` (textually, as Go's `filepath.Abs`).
pub fn absolute_path(path: &str, directory: &Path) -> String {
    let joined = directory.join(path);
    clean_path(&joined.to_string_lossy())
}

/// The shortest text for the same path (Go's `path.Clean`).
pub fn clean_path(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
