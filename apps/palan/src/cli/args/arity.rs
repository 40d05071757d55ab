//! How many positional arguments a command takes.

/// Bounds on the number of positional arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// None.
    None,
    /// Exactly so many.
    Exactly(usize),
    /// So many or more.
    AtLeast(usize),
    /// At most so many.
    AtMost(usize),
    /// From the first to the second number.
    Between(usize, usize),
}

impl Arity {
    /// `None` when the count is right, else what is wrong with it, to follow `'palan rm' `.
    pub fn violation(self, count: usize) -> Option<String> {
        let plural = |n: usize| if n == 1 { "argument" } else { "arguments" };
        match self {
            Self::None => (count != 0).then(|| "accepts no arguments".to_owned()),
            Self::Exactly(n) => (count != n).then(|| format!("requires {n} {}", plural(n))),
            Self::AtLeast(n) => (count < n).then(|| format!("requires at least {n} {}", plural(n))),
            Self::AtMost(n) => (count > n).then(|| format!("requires at most {n} {}", plural(n))),
            Self::Between(low, high) => (count < low || count > high).then(|| {
                format!(
                    "requires at least {low} and at most {high} {}",
                    plural(high)
                )
            }),
        }
    }
}
