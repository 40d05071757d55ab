//! Types that a flag's value can have, with the texts Docker answers to invalid ones.

use crate::cli::spec::size;

/// A type that flags can have.
pub trait FlagValue: Default {
    /// Word for the value in the help.
    const WORD: &'static str;
    /// The flag needs no value.
    const SWITCH: bool = false;

    /// Takes a value; collects or replaces.
    ///
    /// # Errors
    /// Why the text is not valid, in Docker's words.
    fn set(&mut self, text: &str) -> Result<(), String>;
}

impl FlagValue for bool {
    const WORD: &'static str = "";
    const SWITCH: bool = true;

    fn set(&mut self, text: &str) -> Result<(), String> {
        *self = parse_bool(text).ok_or_else(|| syntax("ParseBool", text))?;
        Ok(())
    }
}

impl FlagValue for String {
    const WORD: &'static str = "string";

    fn set(&mut self, text: &str) -> Result<(), String> {
        text.clone_into(self);
        Ok(())
    }
}

impl FlagValue for Vec<String> {
    const WORD: &'static str = "list";

    fn set(&mut self, text: &str) -> Result<(), String> {
        self.push(text.to_owned());
        Ok(())
    }
}

macro_rules! integer {
    ($Type:ty, $word:literal, $function:literal) => {
        impl FlagValue for $Type {
            const WORD: &'static str = $word;

            fn set(&mut self, text: &str) -> Result<(), String> {
                *self = text.parse().map_err(|error: std::num::ParseIntError| {
                    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
                    match error.kind() {
                        PosOverflow | NegOverflow => format!(
                            "strconv.{}: parsing {text:?}: value out of range",
                            $function
                        ),
                        _ => syntax($function, text),
                    }
                })?;
                Ok(())
            }
        }
    };
}
integer!(i64, "int", "ParseInt");
integer!(u16, "uint16", "ParseUint");
integer!(u64, "uint", "ParseUint");

/// Given or not: tells an explicit value from the default.
impl<T: FlagValue> FlagValue for Option<T> {
    const WORD: &'static str = T::WORD;
    const SWITCH: bool = T::SWITCH;

    fn set(&mut self, text: &str) -> Result<(), String> {
        let mut value = self.take().unwrap_or_default();
        value.set(text)?;
        *self = Some(value);
        Ok(())
    }
}

/// Bytes, written `512`, `64k`, `1.5GB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub i64);

impl FlagValue for Bytes {
    const WORD: &'static str = "bytes";

    fn set(&mut self, text: &str) -> Result<(), String> {
        self.0 = size::parse_bytes(text)?;
        Ok(())
    }
}

/// Bytes, or -1 for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignedBytes(pub i64);

impl FlagValue for SignedBytes {
    const WORD: &'static str = "bytes";

    fn set(&mut self, text: &str) -> Result<(), String> {
        self.0 = if text == "-1" {
            -1
        } else {
            size::parse_bytes(text)?
        };
        Ok(())
    }
}

/// `key=value`, collected; a later value of the same key wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValues(pub std::collections::BTreeMap<String, String>);

impl FlagValue for KeyValues {
    const WORD: &'static str = "map";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        self.0.insert(key.to_owned(), value.to_owned());
        Ok(())
    }
}

/// The spellings of a truth value that Go reads.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn syntax(function: &str, text: &str) -> String {
    format!("strconv.{function}: parsing {text:?}: invalid syntax")
}
