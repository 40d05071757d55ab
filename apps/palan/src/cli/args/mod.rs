//! Docker's command line grammar: what a command declares, how its words are read, how its help
//! is shown.
//!
//! The grammar is that of Go's `pflag` as Docker uses it: `--name value`, `--name=value`,
//! `-n value`, `-nvalue`, `-n=value`, clusters (`-it`), switches with an explicit value
//! (`--rm=false`), `--` as the end of flags; `run`, `create` and `exec` stop reading flags at
//! their first positional argument. Tables are constants: a command that is not run costs nothing.

mod arity;
mod command;
mod flag;
mod help;
mod parse;
#[cfg(test)]
mod tests;
mod value;

pub use arity::Arity;
pub use command::{Category, Entry, Grammar, Group, Invocation, Synopsis, Verb, command};
pub(crate) use flag::flags;
pub use flag::{Flag, FlagSet, NoFlags};
pub use help::{group_help, root_help};
pub use parse::split_global;
pub use value::{Bytes, FlagValue, KeyValues, SignedBytes, parse_bool};
