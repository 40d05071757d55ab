//! From verdicts to a program.
//!
//! ```text
//! load architecture
//! one section for each architecture:  load number, (x32 section), binary search, verdicts
//! none fits: kill
//! ```
//!
//! Neighbouring numbers with one verdict are one interval. Code is made from the leaves up, so every
//! jump's distance is known; those too far for a conditional jump's 8 bits go over an unconditional
//! one.

use crate::SeccompError;
use crate::action::Action;
use crate::bpf::{
    AND, ARCHITECTURE, Instruction, JUMP, JUMP_EQUAL, JUMP_GREATER, JUMP_NOT_LESS, LOAD, NUMBER,
    Program, RETURN, argument_words, plain,
};
use crate::policy::{Abi, Policy, Verdicts};
use crate::profile::{Argument, Operator};
use crate::table::X32_BIT;

/// Most instructions that the kernel takes (`BPF_MAXINSNS`).
const MAX_INSTRUCTIONS: usize = 4096;

type Code = Vec<Instruction>;

/// Compiles policies of one processor into a program.
pub(crate) fn compile(policies: &[Policy]) -> Result<Program, SeccompError> {
    // Calls of an architecture that is not listed are not those of a program for this profile.
    let mut code = ret(Action::KillThread);
    let x32 = policies.iter().find(|policy| policy.abi == Abi::X32);
    for policy in policies
        .iter()
        .filter(|policy| policy.abi != Abi::X32)
        .rev()
    {
        let section = section(policy, x32);
        code = branch(JUMP_EQUAL, policy.abi.audit_code(), section, code);
    }
    code.insert(0, plain(LOAD, ARCHITECTURE));
    if code.len() > MAX_INSTRUCTIONS {
        return Err(SeccompError::TooLong(code.len()));
    }
    Ok(Program(code))
}

fn section(policy: &Policy, x32: Option<&Policy>) -> Code {
    let mut code = search(&intervals(policy));
    if policy.abi == Abi::X86_64 {
        // Without x32 in the profile, its calls are refused like any unknown one.
        let other = x32.map_or_else(|| ret(policy.unknown), |x32| search(&intervals(x32)));
        code = branch(JUMP_NOT_LESS, X32_BIT, other, code);
    }
    code.insert(0, plain(LOAD, NUMBER));
    code
}

/// What happens from a number on, up to the next interval's number.
struct Interval<'a> {
    from: u32,
    outcome: Outcome<'a>,
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome<'a> {
    Always(Action),
    Depends(&'a Verdicts, Action),
}

fn intervals(policy: &Policy) -> Vec<Interval<'_>> {
    let mut intervals: Vec<Interval<'_>> = vec![];
    let mut push = |from: u32, outcome| {
        if intervals.last().is_none_or(|last| last.outcome != outcome) {
            intervals.push(Interval { from, outcome });
        }
    };
    let default = Outcome::Always(policy.default);
    let mut next = 0;
    for (number, verdicts) in &policy.verdicts {
        if *number > next {
            push(next, default);
        }
        push(*number, outcome(verdicts, policy.default));
        next = number + 1;
    }
    push(next, Outcome::Always(policy.unknown));
    intervals
}

fn outcome(verdicts: &Verdicts, default: Action) -> Outcome<'_> {
    let fallback = verdicts.fallback.unwrap_or(default);
    // Tests that lead where the fallback leads need not be made.
    if verdicts
        .alternatives
        .iter()
        .all(|(_, action)| *action == fallback)
    {
        Outcome::Always(fallback)
    } else {
        Outcome::Depends(verdicts, fallback)
    }
}

fn search(intervals: &[Interval<'_>]) -> Code {
    match intervals {
        [] => vec![],
        [only] => leaf(only.outcome),
        _ => {
            let (lower, upper) = intervals.split_at(intervals.len() / 2);
            branch(JUMP_NOT_LESS, upper[0].from, search(upper), search(lower))
        }
    }
}

fn leaf(outcome: Outcome<'_>) -> Code {
    match outcome {
        Outcome::Always(action) => ret(action),
        Outcome::Depends(verdicts, fallback) => {
            let alternatives = verdicts.alternatives.iter().rev();
            alternatives.fold(ret(fallback), |otherwise, (tests, action)| {
                all_hold(tests, ret(*action), otherwise)
            })
        }
    }
}

fn ret(action: Action) -> Code {
    vec![plain(RETURN, action.code())]
}

/// Goes to `yes` when the comparison of the accumulator holds, else to `no`.
fn branch(comparison: u16, operand: u32, yes: Code, no: Code) -> Code {
    let mut code = Vec::with_capacity(yes.len() + no.len() + 2);
    match u8::try_from(no.len()) {
        Ok(distance) => {
            code.push(Instruction {
                code: comparison,
                jump_true: distance,
                jump_false: 0,
                operand,
            });
        }
        Err(_) => {
            code.push(Instruction {
                code: comparison,
                jump_true: 0,
                jump_false: 1,
                operand,
            });
            let distance = u32::try_from(no.len()).expect("programs are short");
            code.push(plain(JUMP, distance));
        }
    }
    code.extend(no);
    code.extend(yes);
    code
}

/// Goes to `yes` when all tests hold, else to `no`.
fn all_hold(tests: &[Argument], yes: Code, no: Code) -> Code {
    tests
        .iter()
        .rev()
        .fold(yes, |yes, argument| test(argument, yes, no.clone()))
}

/// Tests an unsigned 64-bit argument, high word first.
fn test(argument: &Argument, yes: Code, no: Code) -> Code {
    let (low, high) = argument_words(argument.index);
    let (value_high, value_low) = halves(argument.value);
    match argument.op {
        Operator::Equal => {
            let low_word = on_word(
                low,
                |yes, no| branch(JUMP_EQUAL, value_low, yes, no),
                yes,
                no.clone(),
            );
            on_word(
                high,
                |yes, no| branch(JUMP_EQUAL, value_high, yes, no),
                low_word,
                no,
            )
        }
        Operator::NotEqual => test(
            &Argument {
                op: Operator::Equal,
                ..*argument
            },
            no,
            yes,
        ),
        Operator::MaskedEqual => {
            let (wanted_high, wanted_low) = halves(argument.value_two);
            let low_word = masked(low, value_low, wanted_low, yes, no.clone());
            masked(high, value_high, wanted_high, low_word, no)
        }
        Operator::Greater => ordered(JUMP_GREATER, argument, yes, no),
        Operator::GreaterOrEqual => ordered(JUMP_NOT_LESS, argument, yes, no),
        Operator::Less => ordered(JUMP_NOT_LESS, argument, no, yes),
        Operator::LessOrEqual => ordered(JUMP_GREATER, argument, no, yes),
    }
}

/// Greater in the high word, or equal there and `comparison` in the low one.
fn ordered(comparison: u16, argument: &Argument, yes: Code, no: Code) -> Code {
    let (low, high) = argument_words(argument.index);
    let (value_high, value_low) = halves(argument.value);
    let low_word = on_word(
        low,
        |yes, no| branch(comparison, value_low, yes, no),
        yes.clone(),
        no.clone(),
    );
    let not_greater = branch(JUMP_EQUAL, value_high, low_word, no);
    let mut code = branch(JUMP_GREATER, value_high, yes, not_greater);
    code.insert(0, plain(LOAD, high));
    code
}

fn masked(word: u32, mask: u32, wanted: u32, yes: Code, no: Code) -> Code {
    let mut code = branch(JUMP_EQUAL, wanted, yes, no);
    code.splice(0..0, [plain(LOAD, word), plain(AND, mask)]);
    code
}

fn on_word(word: u32, compare: impl FnOnce(Code, Code) -> Code, yes: Code, no: Code) -> Code {
    let mut code = compare(yes, no);
    code.insert(0, plain(LOAD, word));
    code
}

fn halves(value: u64) -> (u32, u32) {
    ((value >> 32) as u32, value as u32)
}
