//! Device rules as lines for version 1 and as a program for version 2: pure.
//!
//! In both, the last rule that matches an access decides; without a match it is denied.

use palan_linux::device_filter::{Instruction, instruction};
use palan_model::run::DeviceRule;

/// The file to write a rule to, and the line.
pub(crate) fn line_v1(rule: &DeviceRule) -> (&'static str, String) {
    let file = if rule.allow {
        "devices.allow"
    } else {
        "devices.deny"
    };
    if rule.kind == 'a' {
        return (file, "a".to_owned());
    }
    let number = |number: Option<u32>| number.map_or("*".to_owned(), |n| n.to_string());
    let (major, minor) = (number(rule.major), number(rule.minor));
    (
        file,
        format!("{} {major}:{minor} {}", rule.kind, rule.access),
    )
}

// eBPF operations (kernel: Documentation/bpf/standardization/instruction-set.rst).
const LOAD_WORD: u8 = 0x61;
const MOVE_REGISTER: u8 = 0xbf;
const MOVE_OPERAND: u8 = 0xb7;
const AND_OPERAND: u8 = 0x57;
const SHIFT_RIGHT: u8 = 0x77;
const JUMP_NOT_EQUAL: u8 = 0x55;
const JUMP_NOT_EQUAL_REGISTER: u8 = 0x5d;
const EXIT: u8 = 0x95;

// Registers: the context, and where its parts are kept.
const RESULT: u8 = 0;
const CONTEXT: u8 = 1;
const KIND: u8 = 2;
const ACCESS: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;
const SCRATCH: u8 = 6;

// `enum` values of `linux/bpf.h`.
const DEVICE_BLOCK: i32 = 1;
const DEVICE_CHAR: i32 = 2;
const ACCESS_MKNOD: i32 = 1;
const ACCESS_READ: i32 = 2;
const ACCESS_WRITE: i32 = 4;
const ACCESS_ALL: i32 = 7;

/// The program for a cgroup v2 directory.
pub(crate) fn program_v2(rules: &[DeviceRule]) -> Vec<Instruction> {
    // struct bpf_cgroup_dev_ctx { access_type: access << 16 | kind; major; minor }
    let mut program = vec![
        instruction(LOAD_WORD, KIND, CONTEXT, 0, 0),
        instruction(MOVE_REGISTER, ACCESS, KIND, 0, 0),
        instruction(AND_OPERAND, KIND, 0, 0, 0xffff),
        instruction(SHIFT_RIGHT, ACCESS, 0, 0, 16),
        instruction(LOAD_WORD, MAJOR, CONTEXT, 4, 0),
        instruction(LOAD_WORD, MINOR, CONTEXT, 8, 0),
    ];
    // The last match decides, so the last rule is asked first; nothing after a catch-all is reached.
    for rule in rules.iter().rev() {
        let tests = plan_tests(rule);
        let catches_all = tests.is_empty();
        program.extend(block(&tests, rule.allow));
        if catches_all {
            return program;
        }
    }
    program.extend(verdict(false));
    program
}

/// One comparison of a rule.
enum Test {
    NotEqual(u8, i32),
    /// The access has bits outside this mask.
    AccessOutside(i32),
}

fn plan_tests(rule: &DeviceRule) -> Vec<Test> {
    let mut tests = Vec::new();
    match rule.kind {
        'b' => tests.push(Test::NotEqual(KIND, DEVICE_BLOCK)),
        'c' => tests.push(Test::NotEqual(KIND, DEVICE_CHAR)),
        _ => return tests,
    }
    let bits = [('m', ACCESS_MKNOD), ('r', ACCESS_READ), ('w', ACCESS_WRITE)];
    let allowed = bits
        .iter()
        .filter(|(letter, _)| rule.access.contains(*letter));
    let mask = allowed.fold(0, |mask, (_, bit)| mask | bit);
    if mask != ACCESS_ALL {
        tests.push(Test::AccessOutside(mask));
    }
    if let Some(major) = rule.major {
        tests.push(Test::NotEqual(MAJOR, major.cast_signed()));
    }
    if let Some(minor) = rule.minor {
        tests.push(Test::NotEqual(MINOR, minor.cast_signed()));
    }
    tests
}

/// The tests, each of which jumps behind the verdict when it fails.
fn block(tests: &[Test], allow: bool) -> Vec<Instruction> {
    let length = |test: &Test| match test {
        Test::NotEqual(..) => 1,
        Test::AccessOutside(_) => 3,
    };
    let mut left: i16 = tests.iter().map(length).sum::<i16>() + 2;
    let mut code = Vec::new();
    for test in tests {
        left -= length(test);
        match test {
            Test::NotEqual(register, value) => {
                code.push(instruction(JUMP_NOT_EQUAL, *register, 0, left, *value));
            }
            Test::AccessOutside(mask) => code.extend([
                instruction(MOVE_REGISTER, SCRATCH, ACCESS, 0, 0),
                instruction(AND_OPERAND, SCRATCH, 0, 0, *mask),
                instruction(JUMP_NOT_EQUAL_REGISTER, SCRATCH, ACCESS, left, 0),
            ]),
        }
    }
    code.extend(verdict(allow));
    code
}

fn verdict(allow: bool) -> [Instruction; 2] {
    [
        instruction(MOVE_OPERAND, RESULT, 0, 0, i32::from(allow)),
        instruction(EXIT, 0, 0, 0, 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(
        allow: bool,
        kind: char,
        major: Option<u32>,
        minor: Option<u32>,
        access: &str,
    ) -> DeviceRule {
        let access = access.to_owned();
        DeviceRule {
            allow,
            kind,
            major,
            minor,
            access,
        }
    }

    #[test]
    fn lines_of_version_1() {
        assert_eq!(
            line_v1(&rule(false, 'a', None, None, "rwm")),
            ("devices.deny", "a".to_owned())
        );
        assert_eq!(
            line_v1(&rule(true, 'c', Some(1), None, "rm")),
            ("devices.allow", "c 1:* rm".to_owned())
        );
    }

    /// Runs a program as the kernel would.
    fn run(program: &[Instruction], kind: i32, access: i32, major: u32, minor: u32) -> bool {
        let context = [(access << 16 | kind).cast_unsigned(), major, minor];
        let mut registers = [0_u64; 10];
        let mut at = 0;
        loop {
            let [code, both, low, high, a, b, c, d] = program[at].to_ne_bytes();
            let (to, from) = (usize::from(both & 15), usize::from(both >> 4));
            let offset = i16::from_ne_bytes([low, high]);
            let operand = i64::from(i32::from_ne_bytes([a, b, c, d])).cast_unsigned();
            let mut jump = false;
            match code {
                LOAD_WORD => registers[to] = context[usize::try_from(offset / 4).unwrap()].into(),
                MOVE_REGISTER => registers[to] = registers[from],
                MOVE_OPERAND => registers[to] = operand,
                AND_OPERAND => registers[to] &= operand,
                SHIFT_RIGHT => registers[to] >>= operand,
                JUMP_NOT_EQUAL => jump = registers[to] != operand,
                JUMP_NOT_EQUAL_REGISTER => jump = registers[to] != registers[from],
                EXIT => return registers[0] != 0,
                _ => panic!("unknown operation {code:#x}"),
            }
            at += 1 + if jump {
                usize::try_from(offset).unwrap()
            } else {
                0
            };
        }
    }

    #[test]
    fn the_program_decides_as_the_rules_say() {
        let program = program_v2(&[
            rule(false, 'a', None, None, "rwm"),
            rule(true, 'c', None, None, "m"),
            rule(true, 'c', Some(1), Some(3), "rwm"),
            rule(true, 'b', Some(8), None, "r"),
            rule(false, 'c', Some(1), Some(5), "w"),
        ]);
        assert!(run(&program, DEVICE_CHAR, ACCESS_READ | ACCESS_WRITE, 1, 3));
        assert!(run(&program, DEVICE_CHAR, ACCESS_MKNOD, 77, 3));
        assert!(!run(&program, DEVICE_CHAR, ACCESS_READ, 77, 3));
        assert!(run(&program, DEVICE_BLOCK, ACCESS_READ, 8, 200));
        assert!(!run(
            &program,
            DEVICE_BLOCK,
            ACCESS_READ | ACCESS_WRITE,
            8,
            200
        ));
        assert!(!run(&program, DEVICE_CHAR, ACCESS_WRITE, 1, 5));
        let all = program_v2(&[rule(true, 'a', None, None, "rwm")]);
        assert!(run(&all, DEVICE_BLOCK, ACCESS_ALL, 253, 1));
        assert!(!run(&program_v2(&[]), DEVICE_CHAR, ACCESS_READ, 1, 3));
    }
}
