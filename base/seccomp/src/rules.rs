//! Resolved rules: what remains of a profile on one host for one set of capabilities.

use crate::architecture::Architecture;
use crate::profile::Error;

/// What a profile is resolved for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The machine's own architecture.
    pub architecture: Architecture,
    /// Version of the kernel: major, minor.
    pub kernel: (u32, u32),
    /// `CAP_..` names of the process.
    pub capabilities: Vec<String>,
}

impl Host {
    /// This machine.
    ///
    /// # Errors
    /// When its architecture has no table.
    pub fn this(capabilities: Vec<String>) -> Result<Self, Error> {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let architecture = Architecture::native();
        Ok(Self {
            architecture: architecture
                .ok_or_else(|| Error::UnknownArchitecture(std::env::consts::ARCH.to_owned()))?,
            kernel: parse_version(&release).unwrap_or((0, 0)),
            capabilities,
        })
    }
}

/// `6.18.44-fc` to (6, 18).
pub(crate) fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|letter: char| !letter.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Everything that a program decides by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// For system calls without a rule that matches.
    pub default: Action,
    /// Architectures whose system calls are allowed at all, the machine's own first.
    pub architectures: Vec<Architecture>,
    /// In the order of the profile.
    pub rules: Vec<Rule>,
}

/// One rule for some system calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Names; an architecture that does not have one ignores it.
    pub names: Vec<String>,
    /// What happens when it matches.
    pub action: Action,
    /// When it matches.
    pub condition: Condition,
}

/// When a rule matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// When all comparisons hold.
    All(Vec<Comparison>),
    /// When one of the comparisons holds.
    Any(Vec<Comparison>),
}

/// A comparison of an argument, as unsigned 64-bit numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Number of the argument, 0 to 5.
    pub argument: u8,
    /// How.
    pub operator: Operator,
    /// With what.
    pub value: u64,
}

/// How an argument is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The argument's bits under this mask are equal to the value.
    MaskedEqual(u64),
}

/// What happens to a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It is made.
    Allow,
    /// It is made and logged.
    Log,
    /// It fails with this error number.
    Errno(u16),
    /// A tracer is asked, with this message.
    Trace(u16),
    /// `SIGSYS` is raised.
    Trap,
    /// The thread ends.
    KillThread,
    /// The process ends.
    KillProcess,
}

impl Action {
    /// The program's return value (`SECCOMP_RET_..` of `linux/seccomp.h`).
    #[must_use]
    pub fn return_value(self) -> u32 {
        match self {
            Self::KillProcess => 0x8000_0000,
            Self::KillThread => 0,
            Self::Trap => 0x0003_0000,
            Self::Errno(number) => 0x0005_0000 | u32::from(number),
            Self::Trace(message) => 0x7ff0_0000 | u32::from(message),
            Self::Log => 0x7ffc_0000,
            Self::Allow => 0x7fff_0000,
        }
    }

    /// Does it let unknown system calls through? Then they need no special answer.
    pub(crate) fn lets_through(self) -> bool {
        matches!(self, Self::Allow | Self::Log | Self::Trace(_))
    }
}

impl Comparison {
    /// Does it hold for these arguments?
    #[must_use]
    pub fn holds(&self, arguments: &[u64; 6]) -> bool {
        let argument = arguments[usize::from(self.argument)];
        match self.operator {
            Operator::Equal => argument == self.value,
            Operator::NotEqual => argument != self.value,
            Operator::Less => argument < self.value,
            Operator::LessOrEqual => argument <= self.value,
            Operator::Greater => argument > self.value,
            Operator::GreaterOrEqual => argument >= self.value,
            Operator::MaskedEqual(mask) => argument & mask == self.value,
        }
    }
}
