//! Linux signals by number and name, as `docker kill --signal` takes them.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A signal number that Linux knows: 1 to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Signal(i32);

/// A text that names no signal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid signal: {0}")]
pub struct InvalidSignal(pub String);

/// Names without `SIG`, in the order of their numbers on Linux (`signal(7)`), from 1.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

const RTMIN: i32 = 34;
const RTMAX: i32 = 64;

impl Signal {
    /// Cannot be caught: the process ends at once.
    pub const KILL: Signal = Signal(9);
    /// Asks the process to end; the default of `docker stop`.
    pub const TERM: Signal = Signal(15);
    /// The terminal's size changed.
    pub const WINCH: Signal = Signal(28);

    /// The signal with this number.
    ///
    /// # Errors
    /// When the number is outside 1 to 64.
    pub fn from_number(number: i32) -> Result<Self, InvalidSignal> {
        if (1..=RTMAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidSignal(number.to_string()))
        }
    }

    /// The kernel's number.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    /// The name without `SIG`, for those that have one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::try_from(self.0 - 1).ok()?).copied()
    }
}

fn realtime(text: &str) -> Option<i32> {
    let number = if let Some(rest) = text.strip_prefix("RTMIN") {
        RTMIN
            + if rest.is_empty() {
                0
            } else {
                rest.strip_prefix('+')?.parse::<i32>().ok()?
            }
    } else {
        let rest = text.strip_prefix("RTMAX")?;
        RTMAX
            - if rest.is_empty() {
                0
            } else {
                rest.strip_prefix('-')?.parse::<i32>().ok()?
            }
    };
    (RTMIN..=RTMAX).contains(&number).then_some(number)
}

impl FromStr for Signal {
    type Err = InvalidSignal;

    /// Accepts `9`, `KILL`, `SIGKILL` (any case), `RTMIN+3`, `SIGRTMAX-1`.
    fn from_str(text: &str) -> Result<Self, InvalidSignal> {
        let invalid = || InvalidSignal(text.to_owned());
        if let Ok(number) = text.parse::<i32>() {
            return Self::from_number(number).map_err(|_| invalid());
        }
        let upper = text.to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        let bare = match bare {
            "IOT" => "ABRT",
            "CLD" => "CHLD",
            "POLL" => "IO",
            other => other,
        };
        if let Some(index) = NAMES.iter().position(|name| *name == bare) {
            return Ok(Self(i32::try_from(index).expect("31 names fit") + 1));
        }
        realtime(bare).map(Self).ok_or_else(invalid)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "SIG{name}"),
            None => write!(f, "{}", self.0),
        }
    }
}
