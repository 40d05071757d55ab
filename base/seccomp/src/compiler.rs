//! Rules to a program.
//!
//! ```text
//! architecture? -- unknown --> the thread ends
//!   | known
//! binary search over the ranges of its numbers
//!   | range
//! action, or comparisons of arguments and then an action
//! ```

use std::collections::BTreeMap;

use palan_linux::seccomp::Instruction;

use crate::architecture::{Architecture, X32_BIT};
use crate::assembler::{
    AND, Assembler, JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_OR_EQUAL, LOAD, Target,
};
use crate::rules::{Action, Comparison, Condition, Operator, Rules};

// Offsets in `struct seccomp_data` (`linux/seccomp.h`).
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

/// "No such system call".
const ENOSYS: u16 = 38;

/// What is decided for one number: alternatives in order, then an action.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    alternatives: Vec<(Condition, Action)>,
    otherwise: Action,
}

/// Numbers from `start` to the next range's start.
struct Range {
    start: u32,
    verdict: Verdict,
}

/// Compiles. The result may be longer than the kernel takes.
pub(crate) fn compile(rules: &Rules) -> Vec<Instruction> {
    let mut assembler = Assembler::default();
    let mut written = Vec::new();
    let mut next = Target::Return(Action::KillThread);
    // Written from the end: the machine's own architecture comes to stand first.
    for family in families(rules).into_iter().rev() {
        let ranges = ranges(rules, &family);
        let search = Search {
            assembler: &mut assembler,
            written: &mut written,
        }
        .ranges(&ranges);
        assembler.land(search);
        let search = assembler.put(LOAD, NUMBER);
        next = assembler.branch(JUMP_EQUAL, family[0].audit(), search, next);
    }
    assembler.land(next);
    assembler.put(LOAD, ARCHITECTURE);
    assembler.finish()
}

/// Architectures that look the same to the kernel: x86_64 and x32.
fn families(rules: &Rules) -> Vec<Vec<Architecture>> {
    let mut families: Vec<Vec<Architecture>> = Vec::new();
    for one in &rules.architectures {
        match families
            .iter_mut()
            .find(|family| family[0].audit() == one.audit())
        {
            Some(family) => family.push(*one),
            None => families.push(vec![*one]),
        }
    }
    families
}

/// All numbers, divided into ranges with the same verdict.
fn ranges(rules: &Rules, family: &[Architecture]) -> Vec<Range> {
    let mut verdicts = BTreeMap::from([(0, constant(Action::KillThread))]);
    let mut ranges = Vec::new();
    for architecture in sorted(family) {
        let calls = verdicts_of(rules, architecture);
        let first = if architecture == Architecture::X32 {
            X32_BIT
        } else {
            0
        };
        let new = newest(rules, architecture, &calls).map(|newest| newest + 1);
        verdicts.insert(first, constant(rules.default));
        if let Some(new) = new {
            verdicts.insert(new, constant(Action::Errno(ENOSYS)));
        }
        for (number, verdict) in calls {
            let after = number + 1;
            let beyond = if new.is_some_and(|new| after >= new) && architecture.in_sequence(number)
            {
                Action::Errno(ENOSYS)
            } else {
                rules.default
            };
            verdicts.insert(number, verdict);
            verdicts.entry(after).or_insert(constant(beyond));
        }
    }
    // x32's numbers, when only x86_64 is allowed, are those of a foreign architecture.
    if family == [Architecture::X86_64] {
        verdicts.insert(X32_BIT, constant(Action::KillThread));
    }
    for (start, verdict) in verdicts {
        if ranges
            .last()
            .is_none_or(|last: &Range| last.verdict != verdict)
        {
            ranges.push(Range { start, verdict });
        }
    }
    ranges
}

fn sorted(family: &[Architecture]) -> Vec<Architecture> {
    let mut sorted = family.to_vec();
    sorted.sort_by_key(|architecture| *architecture == Architecture::X32);
    sorted
}

fn constant(action: Action) -> Verdict {
    Verdict {
        alternatives: Vec::new(),
        otherwise: action,
    }
}

/// The verdict for each number that a rule names.
fn verdicts_of(rules: &Rules, architecture: Architecture) -> BTreeMap<u32, Verdict> {
    let table = architecture.table();
    let mut decided: BTreeMap<u32, bool> = BTreeMap::new();
    let mut verdicts: BTreeMap<u32, Verdict> = BTreeMap::new();
    let mut add = |number: u32, condition: &Condition, action: Action| {
        let verdict = verdicts
            .entry(number)
            .or_insert_with(|| constant(rules.default));
        let decided = decided.entry(number).or_default();
        match condition {
            // A rule that says what holds anyway decides nothing, but its system call is known.
            _ if *decided || action == rules.default => {}
            Condition::Always => {
                *verdict = constant(action);
                *decided = true;
            }
            condition => verdict.alternatives.push((condition.clone(), action)),
        }
    };
    for rule in &rules.rules {
        for name in &rule.names {
            if let Some(number) = table.get(name.as_str()) {
                add(*number, &rule.condition, rule.action);
            }
            // Arguments behind the multiplexer's pointer cannot be compared.
            let multiplexed = architecture.multiplexed(name);
            if let (Some((call, value)), Condition::Always) = (multiplexed, &rule.condition) {
                let comparison = Comparison {
                    argument: 0,
                    operator: Operator::Equal,
                    value,
                };
                add(table[call], &Condition::All(vec![comparison]), rule.action);
            }
        }
    }
    verdicts
}

/// The newest system call that the profile knows: later ones answer `ENOSYS`, unless unknown ones are
/// let through or answer so anyway.
fn newest(
    rules: &Rules,
    architecture: Architecture,
    calls: &BTreeMap<u32, Verdict>,
) -> Option<u32> {
    if rules.default.lets_through() || rules.default == Action::Errno(ENOSYS) {
        return None;
    }
    calls
        .keys()
        .copied()
        .filter(|number| architecture.in_sequence(*number))
        .max()
}

/// Writes searches. They expect the number to be loaded.
struct Search<'a> {
    assembler: &'a mut Assembler,
    /// Comparisons of arguments that are there already: many system calls share them.
    written: &'a mut Vec<(Verdict, Target)>,
}

impl Search<'_> {
    /// A balanced tree of comparisons of the number.
    fn ranges(&mut self, ranges: &[Range]) -> Target {
        match ranges {
            [] => Target::Return(Action::KillThread),
            [only] => self.verdict(&only.verdict),
            _ => {
                let (low, high) = ranges.split_at(ranges.len() / 2);
                let above = self.ranges(high);
                let below = self.ranges(low);
                self.assembler
                    .branch(JUMP_GREATER_OR_EQUAL, high[0].start, above, below)
            }
        }
    }

    fn verdict(&mut self, verdict: &Verdict) -> Target {
        if let Some((_, target)) = self.written.iter().find(|(known, _)| known == verdict) {
            return *target;
        }
        let target = decide(self.assembler, verdict);
        self.written.push((verdict.clone(), target));
        target
    }
}

fn decide(assembler: &mut Assembler, verdict: &Verdict) -> Target {
    let mut next = Target::Return(verdict.otherwise);
    for (condition, action) in verdict.alternatives.iter().rev() {
        let yes = Target::Return(*action);
        match condition {
            Condition::Always => next = yes,
            Condition::All(comparisons) => {
                let no = next;
                next = yes;
                for comparison in comparisons.iter().rev() {
                    next = compare(assembler, comparison, next, no);
                }
            }
            Condition::Any(comparisons) => {
                for comparison in comparisons.iter().rev() {
                    next = compare(assembler, comparison, yes, next);
                }
            }
        }
    }
    next
}

/// Compares 64 bits as two halves; the lower address has the lower half on little-endian machines.
fn compare(assembler: &mut Assembler, comparison: &Comparison, yes: Target, no: Target) -> Target {
    let low = ARGUMENTS + u32::from(comparison.argument) * 8;
    let halves = Halves {
        low: low + u32::from(cfg!(target_endian = "big")) * 4,
        high: low + u32::from(cfg!(target_endian = "little")) * 4,
        value: comparison.value,
    };
    match comparison.operator {
        Operator::Equal => halves.equal(assembler, u64::MAX, yes, no),
        Operator::NotEqual => halves.equal(assembler, u64::MAX, no, yes),
        Operator::MaskedEqual(mask) => halves.equal(assembler, mask, yes, no),
        Operator::Greater => halves.order(assembler, JUMP_GREATER, yes, no),
        Operator::LessOrEqual => halves.order(assembler, JUMP_GREATER, no, yes),
        Operator::GreaterOrEqual => halves.order(assembler, JUMP_GREATER_OR_EQUAL, yes, no),
        Operator::Less => halves.order(assembler, JUMP_GREATER_OR_EQUAL, no, yes),
    }
}

struct Halves {
    low: u32,
    high: u32,
    value: u64,
}

impl Halves {
    fn equal(&self, assembler: &mut Assembler, mask: u64, yes: Target, no: Target) -> Target {
        let half = |assembler: &mut Assembler, offset, mask: u32, value: u32, yes| {
            let test = assembler.branch(JUMP_EQUAL, value, yes, no);
            if test == yes || test == no {
                return test;
            }
            if mask != u32::MAX {
                assembler.put(AND, mask);
            }
            assembler.put(LOAD, offset)
        };
        let (mask_high, mask_low) = split(mask);
        let (high, low) = split(self.value);
        let low = half(assembler, self.low, mask_low, low, yes);
        half(assembler, self.high, mask_high, high, low)
    }

    /// `code` compares the lower halves; the upper ones decide first, when they differ.
    fn order(&self, assembler: &mut Assembler, code: u16, yes: Target, no: Target) -> Target {
        let (high, low) = split(self.value);
        let test = assembler.branch(code, low, yes, no);
        if test == yes {
            return test;
        }
        let lower = assembler.put(LOAD, self.low);
        let equal = assembler.branch(JUMP_EQUAL, high, lower, no);
        assembler.branch(JUMP_GREATER, high, yes, equal);
        assembler.put(LOAD, self.high)
    }
}

fn split(value: u64) -> (u32, u32) {
    let high = u32::try_from(value >> 32).expect("a half");
    let low = u32::try_from(value & u64::from(u32::MAX)).expect("a half");
    (high, low)
}
