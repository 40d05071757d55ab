//! Reading the words of a command line into flags and positional arguments.

use super::command::Grammar;
use super::flag::{Flag, FlagSet};

/// A command line that does not follow the grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Misuse {
    #[error("unknown flag: --{0}")]
    UnknownFlag(String),
    #[error("unknown shorthand flag: {0:?} in -{1}")]
    UnknownShort(char, String),
    #[error("flag needs an argument: --{0}")]
    MissingValue(String),
    #[error("flag needs an argument: {0:?} in -{1}")]
    MissingShortValue(char, String),
    #[error("bad flag syntax: {0}")]
    BadSyntax(String),
    #[error("invalid argument {value:?} for {flag:?} flag: {reason}")]
    Invalid {
        value: String,
        flag: String,
        reason: String,
    },
    /// Not a mistake: the user asked for help.
    #[error("help requested")]
    Help,
}

impl Misuse {
    /// The user asked for help.
    pub fn is_help(&self) -> bool {
        matches!(self, Self::Help)
    }
}

/// The outcome of reading a command line.
#[derive(Debug)]
pub struct Parsed<F> {
    /// Values of the flags.
    pub flags: F,
    /// Positional arguments.
    pub positional: Vec<String>,
    /// Remarks on deprecated flags.
    pub remarks: Vec<String>,
    /// Flags that were used and need a certain version of the API.
    pub gated: Vec<Flag>,
}

struct Reader<F> {
    table: Vec<Flag>,
    flags: F,
    remarks: Vec<String>,
    gated: Vec<Flag>,
}

/// Reads the words after the command's name.
///
/// # Errors
/// On unknown flags, missing or invalid values, and when help is asked for.
pub fn parse<F: FlagSet>(words: &[String], grammar: Grammar) -> Result<Parsed<F>, Misuse> {
    let mut reader = Reader {
        table: F::flags(),
        flags: F::default(),
        remarks: Vec::new(),
        gated: Vec::new(),
    };
    let mut positional = Vec::new();
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if word == "--" {
            positional.extend_from_slice(rest);
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            rest = reader.long(word, long, rest)?;
        } else if word.len() > 1 && word.starts_with('-') {
            rest = reader.shorts(&word[1..], rest)?;
        } else {
            positional.push(word.clone());
            if grammar == Grammar::StopAtPositional {
                positional.extend_from_slice(rest);
                break;
            }
        }
    }
    Ok(Parsed {
        flags: reader.flags,
        positional,
        remarks: reader.remarks,
        gated: reader.gated,
    })
}

impl<F: FlagSet> Reader<F> {
    /// One `--name[=value]`; returns the words not consumed.
    fn long<'w>(
        &mut self,
        word: &str,
        text: &str,
        rest: &'w [String],
    ) -> Result<&'w [String], Misuse> {
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(Misuse::BadSyntax(word.to_owned()));
        }
        if name == "help" {
            return Err(Misuse::Help);
        }
        let found = self.table.iter().find(|flag| flag.name == name).copied();
        let flag = found.ok_or_else(|| Misuse::UnknownFlag(name.to_owned()))?;
        match (inline, rest.split_first()) {
            (Some(value), _) => self.store(&flag, value).map(|()| rest),
            (None, _) if flag.switch => self.store(&flag, "true").map(|()| rest),
            (None, Some((value, after))) => self.store(&flag, value).map(|()| after),
            (None, None) => Err(Misuse::MissingValue(name.to_owned())),
        }
    }

    /// A cluster of one-letter flags; the first that takes a value takes the remainder.
    fn shorts<'w>(&mut self, cluster: &str, rest: &'w [String]) -> Result<&'w [String], Misuse> {
        for (index, letter) in cluster.char_indices() {
            let shown = || cluster[index..].to_owned();
            let after_letter = &cluster[index + letter.len_utf8()..];
            let found = self.table.iter().find(|f| f.short == Some(letter)).copied();
            let Some(flag) = found else {
                return Err(if letter == 'h' {
                    Misuse::Help
                } else {
                    Misuse::UnknownShort(letter, shown())
                });
            };
            if let Some(value) = after_letter.strip_prefix('=') {
                return self.store(&flag, value).map(|()| rest);
            }
            if flag.switch {
                self.store(&flag, "true")?;
            } else if !after_letter.is_empty() {
                return self.store(&flag, after_letter).map(|()| rest);
            } else {
                let (value, after) = rest
                    .split_first()
                    .ok_or_else(|| Misuse::MissingShortValue(letter, shown()))?;
                return self.store(&flag, value).map(|()| after);
            }
        }
        Ok(rest)
    }

    fn store(&mut self, flag: &Flag, value: &str) -> Result<(), Misuse> {
        if !flag.deprecated.is_empty() {
            self.remarks.push(format!(
                "Flag --{} has been deprecated, {}",
                flag.name, flag.deprecated
            ));
        }
        if flag.since != 0 {
            self.gated.push(*flag);
        }
        let outcome = self
            .flags
            .set(flag.name, value)
            .expect("a flag in the table of a set is known to it");
        outcome.map_err(|reason| Misuse::Invalid {
            value: value.to_owned(),
            flag: flag.label(),
            reason,
        })
    }
}

/// A command line split at the command's name.
#[derive(Debug)]
pub struct GlobalWords<F> {
    /// Flags before the command.
    pub flags: F,
    /// The command and everything after it.
    pub command: Vec<String>,
}

/// Reads the flags in front of the command.
///
/// # Errors
/// As [`parse`].
pub fn split_global<F: FlagSet>(words: &[String]) -> Result<GlobalWords<F>, Misuse> {
    let parsed = parse::<F>(words, Grammar::StopAtPositional)?;
    Ok(GlobalWords {
        flags: parsed.flags,
        command: parsed.positional,
    })
}
