//! The pages that `--help` shows, laid out as Docker's.

use super::command::{Category, Entry, Group, Invocation, Synopsis};
use super::flag::Flag;
use crate::cli::terminal;

/// Width when the output is no terminal.
const DEFAULT_WIDTH: usize = 80;
/// Narrower than this, usage texts are not wrapped.
const MIN_TEXT_WIDTH: usize = 24;

/// The page of one command.
pub fn command_help(invocation: &Invocation<'_>, synopsis: &Synopsis, flags: &[Flag]) -> String {
    let mut page = format!(
        "Usage:  {}\n\n{}\n",
        invocation.usage_line(synopsis),
        synopsis.about
    );
    if synopsis.places.len() > 1 {
        let program = invocation.path[0];
        let places: Vec<String> = synopsis
            .places
            .iter()
            .map(|p| format!("{program} {p}"))
            .collect();
        page.push_str(&format!("\nAliases:\n  {}\n", places.join(", ")));
    }
    let options = flag_lines(flags);
    if !options.is_empty() {
        page.push_str("\nOptions:\n");
        page.push_str(&options);
    }
    page
}

/// The page of a group.
pub fn group_help(path: &str, group: &Group) -> String {
    let rows: Vec<_> = sorted(
        group
            .commands
            .iter()
            .map(|e| (e.synopsis.name, e.synopsis.about)),
    );
    format!(
        "Usage:  {path} COMMAND\n\n{}\n\nCommands:\n{}\nRun '{path} COMMAND --help' for more information on a command.\n",
        group.about,
        command_lines(&rows),
    )
}

/// The page of the program.
pub fn root_help(program: &str, commands: &[Entry], groups: &[Group], global: &[Flag]) -> String {
    let mut common: Vec<_> = commands
        .iter()
        .filter_map(|e| match e.synopsis.category {
            Category::Common(place) => Some((place, e.synopsis.name, e.synopsis.about)),
            Category::Ordinary => None,
        })
        .collect();
    common.sort_unstable();
    let common: Vec<_> = common
        .into_iter()
        .map(|(_, name, about)| (name, about))
        .collect();
    let ordinary = sorted(
        commands
            .iter()
            .filter(|e| e.synopsis.category == Category::Ordinary)
            .map(|e| (e.synopsis.name, e.synopsis.about)),
    );
    let management = sorted(groups.iter().map(|g| (g.name, g.about)));
    format!(
        "Usage:  {program} [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n\n\
         Common Commands:\n{}\nManagement Commands:\n{}\nCommands:\n{}\nGlobal Options:\n{}\n\
         Run '{program} COMMAND --help' for more information on a command.\n",
        command_lines(&common),
        command_lines(&management),
        command_lines(&ordinary),
        flag_lines(global),
    )
}

type Row = (&'static str, &'static str);

fn sorted(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_unstable();
    rows
}

fn command_lines(rows: &[Row]) -> String {
    rows.iter()
        .map(|(name, about)| format!("  {name:<11} {about}\n"))
        .collect()
}

fn flag_lines(flags: &[Flag]) -> String {
    let mut shown: Vec<&Flag> = flags.iter().filter(|flag| !flag.hidden).collect();
    shown.sort_unstable_by_key(|flag| flag.name);
    let heads: Vec<String> = shown.iter().map(|flag| head(flag)).collect();
    let column = heads.iter().map(String::len).max().unwrap_or(0) + 3;
    let width = terminal::width().unwrap_or(DEFAULT_WIDTH);
    let text_width = width.saturating_sub(column);
    let mut lines = String::new();
    for (flag, head) in shown.iter().zip(&heads) {
        let mut usage = flag.usage.to_owned();
        if !flag.default.is_empty() {
            usage.push_str(&format!(" (default {})", flag.default));
        }
        let separator = format!("\n{:column$}", "");
        lines.push_str(&format!(
            "{head:<column$}{}\n",
            wrap(&usage, text_width).join(&separator)
        ));
    }
    lines
}

fn head(flag: &Flag) -> String {
    let mut text = match flag.short {
        Some(letter) => format!("  -{letter}, --{}", flag.name),
        None => format!("      --{}", flag.name),
    };
    if !flag.word.is_empty() {
        text.push(' ');
        text.push_str(flag.word);
    }
    text
}

/// Breaks a text at blanks so that no line is longer than `width`; its own line ends stay.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        if width < MIN_TEXT_WIDTH {
            lines.push(paragraph.to_owned());
            continue;
        }
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.len() + 1 + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() || word.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
