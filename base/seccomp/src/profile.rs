//! Docker's profile format (`docs.docker.com/engine/security/seccomp`; moby `profiles/seccomp`), which
//! is also that of the OCI runtime specification (`config-linux.md`, "Seccomp").

use serde::Deserialize;

use crate::DOCKER_DEFAULT;
use crate::architecture::Architecture;
use crate::rules::{Action, Comparison, Condition, Host, Operator, Rule, Rules, parse_version};

/// `EPERM`: what a refused system call says when the profile does not.
const EPERM: u16 = 1;

/// The highest error number that a filter can return (`MAX_ERRNO` of the kernel).
const MAX_ERRNO: u32 = 4095;

/// What is wrong with a profile.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not JSON, or not of the profile's shape.
    #[error("Decoding seccomp profile failed: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Both ways to name architectures.
    #[error(
        "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'"
    )]
    ArchitecturesTwice,
    /// Both ways to name system calls.
    #[error(
        "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'"
    )]
    NamesTwice,
    /// An architecture that has no table here.
    #[error("unknown architecture in seccomp profile: {0}")]
    UnknownArchitecture(String),
    /// An action that does not exist.
    #[error("unknown action in seccomp profile: {0}")]
    UnknownAction(String),
    /// An action that needs a listener.
    #[error("seccomp action SCMP_ACT_NOTIFY needs a listener, which is not supported")]
    Notify,
    /// An operator that does not exist.
    #[error("unknown operator in seccomp profile: {0}")]
    UnknownOperator(String),
    /// There are arguments 0 to 5.
    #[error("seccomp profile compares argument {0} of {1}, but there are only arguments 0 to 5")]
    UnknownArgument(u32, String),
    /// An error number that a filter cannot return.
    #[error("seccomp profile returns error number {0}, the highest is 4095")]
    UnknownErrno(u32),
    /// A version that cannot be read.
    #[error("invalid kernel version in seccomp profile: {0:?}")]
    InvalidVersion(String),
    /// More instructions than the kernel takes.
    #[error("seccomp profile compiles to {0} instructions, the kernel takes 4096")]
    TooLong(usize),
}

/// A profile as it was written.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    default_action: String,
    default_errno_ret: Option<u32>,
    #[serde(default, deserialize_with = "null_is_default")]
    architectures: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    arch_map: Vec<ArchMap>,
    #[serde(default, deserialize_with = "null_is_default")]
    syscalls: Vec<Syscall>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArchMap {
    architecture: String,
    #[serde(default, deserialize_with = "null_is_default")]
    sub_architectures: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Syscall {
    #[serde(default, deserialize_with = "null_is_default")]
    name: String,
    #[serde(default, deserialize_with = "null_is_default")]
    names: Vec<String>,
    action: String,
    errno_ret: Option<u32>,
    #[serde(default, deserialize_with = "null_is_default")]
    args: Vec<Argument>,
    #[serde(default, deserialize_with = "null_is_default")]
    includes: Filter,
    #[serde(default, deserialize_with = "null_is_default")]
    excludes: Filter,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Argument {
    index: u32,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    #[serde(default, deserialize_with = "null_is_default")]
    caps: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    arches: Vec<String>,
    min_kernel: Option<String>,
}

/// Go writes absent lists as null.
fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Profile {
    /// Docker's default profile.
    #[must_use]
    pub fn docker_default() -> Self {
        serde_json::from_str(DOCKER_DEFAULT).expect("a test parses it")
    }

    /// Reads a profile, as given to `--security-opt seccomp=`.
    ///
    /// # Errors
    /// When it is not JSON of the profile's shape.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        Ok(serde_json::from_str(text)?)
    }

    /// Takes what applies to a host.
    ///
    /// # Errors
    /// When the profile contradicts itself or names what does not exist.
    pub fn resolve(&self, host: &Host) -> Result<Rules, Error> {
        let mut rules = Vec::new();
        for call in &self.syscalls {
            if !call.name.is_empty() && !call.names.is_empty() {
                return Err(Error::NamesTwice);
            }
            if call.excludes.excludes(host)? || !call.includes.includes(host)? {
                continue;
            }
            rules.push(call.rule()?);
        }
        Ok(Rules {
            default: action(&self.default_action, self.default_errno_ret)?,
            architectures: self.architectures(host)?,
            rules,
        })
    }

    fn architectures(&self, host: &Host) -> Result<Vec<Architecture>, Error> {
        if !self.architectures.is_empty() && !self.arch_map.is_empty() {
            return Err(Error::ArchitecturesTwice);
        }
        let native = host.architecture.scmp_name();
        let mapped = self
            .arch_map
            .iter()
            .find(|entry| entry.architecture == native);
        let names = mapped.map_or(&self.architectures, |entry| &entry.sub_architectures);
        let mut all = vec![host.architecture];
        for name in names {
            let known = Architecture::from_scmp(name);
            // Foreign machines' architectures do no harm; misspelled ones are an error.
            if known.is_none() && !name.starts_with("SCMP_ARCH_") {
                return Err(Error::UnknownArchitecture(name.clone()));
            }
            all.extend(known.filter(|one| !all.contains(one)));
        }
        Ok(all)
    }
}

impl Filter {
    fn includes(&self, host: &Host) -> Result<bool, Error> {
        let architecture = host.architecture.go_name();
        Ok(
            (self.arches.is_empty() || self.arches.iter().any(|name| name == architecture))
                && self
                    .caps
                    .iter()
                    .all(|name| host.capabilities.contains(name))
                && self.kernel_is_new_enough(host)?.unwrap_or(true),
        )
    }

    fn excludes(&self, host: &Host) -> Result<bool, Error> {
        let architecture = host.architecture.go_name();
        Ok(self.arches.iter().any(|name| name == architecture)
            || self
                .caps
                .iter()
                .any(|name| host.capabilities.contains(name))
            || self.kernel_is_new_enough(host)?.unwrap_or(false))
    }

    fn kernel_is_new_enough(&self, host: &Host) -> Result<Option<bool>, Error> {
        let Some(text) = self.min_kernel.as_ref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let wanted = parse_version(text).ok_or_else(|| Error::InvalidVersion(text.clone()))?;
        Ok(Some(host.kernel >= wanted))
    }
}

impl Syscall {
    fn rule(&self) -> Result<Rule, Error> {
        let names = if self.names.is_empty() {
            vec![self.name.clone()]
        } else {
            self.names.clone()
        };
        let mut comparisons = Vec::with_capacity(self.args.len());
        for argument in &self.args {
            comparisons.push(argument.comparison(names.first().map_or("", String::as_str))?);
        }
        Ok(Rule {
            names,
            action: action(&self.action, self.errno_ret)?,
            condition: condition(comparisons),
        })
    }
}

/// Comparisons of different arguments must all hold; when one argument appears twice, either may.
fn condition(comparisons: Vec<Comparison>) -> Condition {
    let repeated = |(index, one): (usize, &Comparison)| {
        comparisons[..index]
            .iter()
            .any(|earlier| earlier.argument == one.argument)
    };
    if comparisons.is_empty() {
        Condition::Always
    } else if comparisons.iter().enumerate().any(repeated) {
        Condition::Any(comparisons)
    } else {
        Condition::All(comparisons)
    }
}

impl Argument {
    fn comparison(&self, call: &str) -> Result<Comparison, Error> {
        let argument = u8::try_from(self.index).ok().filter(|index| *index < 6);
        let (operator, value) = match self.op.as_str() {
            "SCMP_CMP_EQ" => (Operator::Equal, self.value),
            "SCMP_CMP_NE" => (Operator::NotEqual, self.value),
            "SCMP_CMP_LT" => (Operator::Less, self.value),
            "SCMP_CMP_LE" => (Operator::LessOrEqual, self.value),
            "SCMP_CMP_GT" => (Operator::Greater, self.value),
            "SCMP_CMP_GE" => (Operator::GreaterOrEqual, self.value),
            "SCMP_CMP_MASKED_EQ" => (Operator::MaskedEqual(self.value), self.value_two),
            unknown => return Err(Error::UnknownOperator(unknown.to_owned())),
        };
        Ok(Comparison {
            argument: argument
                .ok_or_else(|| Error::UnknownArgument(self.index, call.to_owned()))?,
            operator,
            value,
        })
    }
}

fn action(name: &str, errno: Option<u32>) -> Result<Action, Error> {
    let number = || {
        let number = errno.unwrap_or(u32::from(EPERM));
        u16::try_from(number)
            .ok()
            .filter(|_| number <= MAX_ERRNO)
            .ok_or(Error::UnknownErrno(number))
    };
    Ok(match name {
        "SCMP_ACT_ALLOW" => Action::Allow,
        "SCMP_ACT_LOG" => Action::Log,
        "SCMP_ACT_ERRNO" => Action::Errno(number()?),
        "SCMP_ACT_TRACE" => Action::Trace(number()?),
        "SCMP_ACT_TRAP" => Action::Trap,
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
        "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
        "SCMP_ACT_NOTIFY" => return Err(Error::Notify),
        unknown => return Err(Error::UnknownAction(unknown.to_owned())),
    })
}
