//! Refuses links that lead nowhere: each relative link of a Markdown file names an existing file or
//! directory, and each label that is used as a link is defined in its file.
//!
//! Knows `[text](target)`, `[text][label]`, ``[`label`]`` and `[label]: target`. Does not look at
//! addresses with a scheme, at places within a page, or into code.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Checks every Markdown file below `root`, but for hidden directories and `target`.
///
/// # Errors
/// Names file, line and target of each link that leads nowhere.
pub fn run(root: &Path) -> Result<()> {
    let mut files = vec![];
    find(root, &mut files)?;
    files.sort();
    let mut broken = vec![];
    for file in &files {
        let text = fs::read_to_string(file)
            .with_context(|| format!("failed to read {}", file.display()))?;
        let folder = file.parent().unwrap_or(root);
        let name = file.strip_prefix(root).unwrap_or(file).display();
        let found = refusals(&text, |target| folder.join(target).exists()).into_iter();
        broken.extend(found.map(|(line, why)| format!("{name}:{line}: {why}")));
    }
    if !broken.is_empty() {
        bail!("links that lead nowhere:\n  {}", broken.join("\n  "));
    }
    Ok(())
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.starts_with('.') {
                find(&entry.path(), files)?;
            }
        } else if name.ends_with(".md") {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Line numbers, and why a link there leads nowhere.
fn refusals(text: &str, exists: impl Fn(&str) -> bool) -> Vec<(usize, String)> {
    let mut fenced = false;
    let lines: Vec<_> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .collect();
    let labels: HashSet<_> = lines
        .iter()
        .filter_map(|(_, line)| Some(definition(line)?.0.to_lowercase()))
        .collect();
    let mut refused = vec![];
    for (number, line) in lines {
        let line = without_code(line);
        let inline = line.match_indices("](").map(|(at, _)| &line[at + 2..]);
        let inline = inline.filter_map(|rest| rest.split([')', ' ']).next());
        for target in inline.chain(definition(&line).map(|(_, target)| target)) {
            let path = target.split('#').next().unwrap_or(target);
            let elsewhere = path.is_empty() || path.contains(':');
            if !elsewhere && (path.starts_with('/') || !exists(path)) {
                refused.push((number, format!("no file at {target}")));
            }
        }
        for label in used_labels(&line) {
            if !labels.contains(&label.to_lowercase()) {
                refused.push((number, format!("the label [{label}] is not defined")));
            }
        }
    }
    refused
}

/// The label and the target of a line `[label]: target`.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (label, target) = line.strip_prefix('[')?.split_once("]: ")?;
    Some((label, target.split_whitespace().next()?))
}

/// The line but for its code, unless that is a link's text.
fn without_code(line: &str) -> String {
    let pieces: Vec<&str> = line.split('`').collect();
    let mut kept = pieces[0].to_owned();
    for pair in pieces[1..].chunks(2) {
        let after = pair.get(1).copied().unwrap_or_default();
        if kept.ends_with('[') && after.starts_with(']') {
            kept.extend(["`", pair[0], "`"]);
        }
        kept.push_str(after);
    }
    kept
}

fn used_labels(line: &str) -> impl Iterator<Item = &str> {
    let full = line.match_indices("][");
    let full = full.filter_map(|(at, _)| Some(line[at + 2..].split_once(']')?.0));
    let short = line.match_indices("[`").filter_map(|(at, _)| {
        let (label, after) = line[at + 1..].split_once(']')?;
        (!after.starts_with(['(', '[', ':'])).then_some(label)
    });
    full.chain(short).filter(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn links_that_lead_nowhere_are_named() {
        let root = tempfile::tempdir().expect("a directory for the test");
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("it is below the root")).expect(name);
            fs::write(path, text).expect(name);
        };
        write("src/a.rs", "");
        write("target/built.md", "[gone](gone.md)");
        let sound = "[a](../src/a.rs#L1), [`a`], [the one][A], [web](https://a.example/), [top](#top), \
                     `[x](y)` and `z[0][1]`\n```text\n[gone](gone.md)\n```\n\n\
                     [`a`]: ../src/a.rs\n[a]: ../src\n";
        write("docs/sound.md", sound);
        super::run(root.path()).expect("every link leads somewhere");
        let broken = "see\n[`b`](../src/b.rs \"B\")\n[text\n][c], [`d`]\n\n[e]: e.rs\n[f]: /etc\n";
        write("docs/broken.md", broken);
        let error = super::run(root.path()).expect_err("links lead nowhere");
        let told: Vec<_> = error.to_string().lines().map(str::to_owned).collect();
        let expected = [
            "links that lead nowhere:",
            "  docs/broken.md:2: no file at ../src/b.rs",
            "  docs/broken.md:4: the label [c] is not defined",
            "  docs/broken.md:4: the label [`d`] is not defined",
            "  docs/broken.md:6: no file at e.rs",
            "  docs/broken.md:7: no file at /etc",
        ];
        assert_eq!(told, expected);
    }
}
