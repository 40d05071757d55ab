//! System call filters: a profile in Docker's JSON format to a program for the kernel.
//!
//! ```text
//! JSON -> Profile -> resolve (capabilities, architecture, kernel) -> Rules -> compile -> Program
//!         profile.rs              rules.rs                           compiler.rs, assembler.rs
//! ```
//!
//! The program finds the action by binary search over ranges of system call numbers, about ten
//! comparisons deep where a list would take hundreds, so that the kernel checks, translates and
//! tabulates it quickly. Invariant, tested for every number: its verdict is that of the rules.
//!
//! Does not load programs (`palan_linux::seccomp`), and knows neither files nor caches.
//!
//! Semantics follow libseccomp and runc where the profile format leaves them open: the first rule
//! without conditions decides over all rules with conditions for the same system call; a rule whose
//! action is the default decides nothing; a rule that names the same argument twice wants either
//! comparison; a system call that is newer than every one
//! that the profile names fails with `ENOSYS`, so that programs fall back to older ones.

#![forbid(unsafe_code)]

mod architecture;
mod assembler;
mod compiler;
mod profile;
mod rules;

#[cfg(test)]
mod tests;

pub use architecture::Architecture;
pub use profile::{Error, Profile};
pub use rules::{Action, Comparison, Condition, Host, Operator, Rule, Rules};

use palan_linux::seccomp::{Instruction, to_bytes};

/// Docker's default profile.
const DOCKER_DEFAULT: &str = include_str!("../data/docker-default.json");

/// A compiled filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    instructions: Vec<Instruction>,
}

impl Program {
    /// For `palan_linux::seccomp::load`.
    #[must_use]
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The array of `struct sock_filter` of this machine, as kept in files:
    /// `palan_linux::seccomp::from_bytes` reads it back.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        to_bytes(&self.instructions)
    }
}

/// Compiles Docker's default profile for a process with these `CAP_..` capabilities on this host.
///
/// # Errors
/// When this machine's architecture is none that the tables know.
pub fn compile_docker_default<S: AsRef<str>>(capabilities: &[S]) -> Result<Program, Error> {
    compile(&Profile::docker_default(), capabilities)
}

/// Compiles a profile for a process with these `CAP_..` capabilities on this host.
///
/// # Errors
/// When the profile asks for something that cannot be: an unknown architecture, an argument beyond
/// the sixth, more than the kernel's 4096 instructions.
pub fn compile<S: AsRef<str>>(profile: &Profile, capabilities: &[S]) -> Result<Program, Error> {
    let capabilities = capabilities.iter().map(|name| name.as_ref().to_owned());
    compile_rules(&profile.resolve(&Host::this(capabilities.collect())?)?)
}

/// Compiles resolved rules.
///
/// # Errors
/// When they need more than the kernel's 4096 instructions.
pub fn compile_rules(rules: &Rules) -> Result<Program, Error> {
    let instructions = compiler::compile(rules);
    if instructions.len() > palan_linux::seccomp::MAX_INSTRUCTIONS {
        return Err(Error::TooLong(instructions.len()));
    }
    Ok(Program { instructions })
}
