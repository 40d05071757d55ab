//! A command: what it declares, and how its declaration meets the words of the user.

use palan_docker_api::ApiVersion;

use super::arity::Arity;
use super::flag::{Flag, FlagSet};
use super::help;
use super::parse::{Misuse, parse};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

/// Whether flags may follow positional arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// Flags anywhere.
    Interspersed,
    /// The first positional argument ends the flags: the rest belongs to the container.
    StopAtPositional,
}

/// Section of the root help that lists a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Used every day, with its place in the list.
    Common(u8),
    /// The others.
    Ordinary,
}

/// What a command is called and takes.
#[derive(Debug)]
pub struct Synopsis {
    /// Name.
    pub name: &'static str,
    /// Other names in the same place.
    pub aliases: &'static [&'static str],
    /// What follows the name in the usage line.
    pub operands: &'static str,
    /// One line on what it does.
    pub about: &'static str,
    /// All places where it is found, for example `container ls, ps`.
    pub places: &'static [&'static str],
    /// Number of positional arguments.
    pub arity: Arity,
    /// Where flags may stand.
    pub grammar: Grammar,
    /// Section of the root help.
    pub category: Category,
}

impl Synopsis {
    /// A command of which only name, operands and purpose are special.
    pub const fn new(
        name: &'static str,
        operands: &'static str,
        about: &'static str,
        arity: Arity,
    ) -> Self {
        Self {
            name,
            aliases: &[],
            operands,
            about,
            places: &[],
            arity,
            grammar: Grammar::Interspersed,
            category: Category::Ordinary,
        }
    }
}

/// A command. Implemented by an empty struct in the file of the command.
pub trait Verb {
    /// Its flags.
    type Flags: FlagSet;
    /// Its declaration.
    const SYNOPSIS: Synopsis;

    /// Does it.
    ///
    /// # Errors
    /// What to print and which exit code to end with.
    fn run(session: &Session, flags: Self::Flags, operands: &[String]) -> Outcome;
}

/// How a command was reached: `["palan", "container", "ls"]`.
#[derive(Debug)]
pub struct Invocation<'a> {
    /// Words that led to the command.
    pub path: &'a [&'a str],
    /// Words after them.
    pub words: &'a [String],
}

impl Invocation<'_> {
    /// The words that led to the command, as one text.
    pub fn command_path(&self) -> String {
        self.path.join(" ")
    }

    /// The usage line.
    pub fn usage_line(&self, synopsis: &Synopsis) -> String {
        let path = self.command_path();
        if synopsis.operands.is_empty() {
            path
        } else {
            format!("{path} {}", synopsis.operands)
        }
    }
}

/// A command in a table.
pub struct Entry {
    /// Its declaration.
    pub synopsis: &'static Synopsis,
    /// Reads the words and does it.
    pub run: fn(&Session, &Invocation<'_>) -> Outcome,
}

impl Entry {
    /// Whether the name is one of this command's.
    pub fn is_called(&self, name: &str) -> bool {
        self.synopsis.name == name || self.synopsis.aliases.contains(&name)
    }
}

/// The table entry of a command.
pub const fn command<V: Verb>() -> Entry {
    Entry {
        synopsis: &V::SYNOPSIS,
        run: read_and_run::<V>,
    }
}

/// Commands on one kind of object, for example `container`.
pub struct Group {
    /// Name.
    pub name: &'static str,
    /// What follows the name in the usage line.
    pub operands: &'static str,
    /// One line on what it is for.
    pub about: &'static str,
    /// Its commands, by name.
    pub commands: &'static [Entry],
}

fn read_and_run<V: Verb>(session: &Session, invocation: &Invocation<'_>) -> Outcome {
    let synopsis = &V::SYNOPSIS;
    let parsed = match parse::<V::Flags>(invocation.words, synopsis.grammar) {
        Ok(parsed) => parsed,
        Err(Misuse::Help) => {
            session.print(&help::command_help(
                invocation,
                synopsis,
                &V::Flags::flags(),
            ))?;
            return Ok(());
        }
        Err(misuse) => return Err(bad_flags(invocation, synopsis, &misuse)),
    };
    for remark in &parsed.remarks {
        session.print_line(remark)?;
    }
    check_versions(session, &parsed.gated)?;
    if let Some(violation) = synopsis.arity.violation(parsed.positional.len()) {
        return Err(bad_count(session, invocation, synopsis, &violation));
    }
    V::run(session, parsed.flags, &parsed.positional)
}

/// Flags that need a newer API than the engine's are refused.
fn check_versions(session: &Session, gated: &[Flag]) -> Outcome {
    for flag in gated {
        let needed = ApiVersion::v1(flag.since);
        let spoken = session.client()?.version()?;
        if spoken < needed {
            return Err(Failure::new(format!(
                "\"--{}\" requires API version {needed}, but the Docker daemon API version is \
                 {spoken}",
                flag.name
            )));
        }
    }
    Ok(())
}

fn bad_flags(invocation: &Invocation<'_>, synopsis: &Synopsis, misuse: &Misuse) -> Failure {
    let text = format!(
        "{misuse}\n\nUsage:  {}\n\nRun '{} --help' for more information",
        invocation.usage_line(synopsis),
        invocation.command_path(),
    );
    Failure::new(text).with_code(125)
}

fn bad_count(
    session: &Session,
    invocation: &Invocation<'_>,
    synopsis: &Synopsis,
    violation: &str,
) -> Failure {
    let path = invocation.command_path();
    // Docker says "See" in this one case.
    let verb = if matches!(synopsis.arity, Arity::AtLeast(_)) {
        "See"
    } else {
        "Run"
    };
    Failure::new(format!(
        "{}: '{path}' {violation}\n\nUsage:  {}\n\n{verb} '{path} --help' for more information",
        session.program(),
        invocation.usage_line(synopsis),
    ))
}
