//! The program against the rules, for every system call number and the arguments that matter.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;
use crate::architecture::X32_BIT;

/// What the kernel shows a filter.
#[derive(Clone, Copy, Debug)]
struct Call {
    audit: u32,
    number: u32,
    arguments: [u64; 6],
}

impl Call {
    /// A word of `struct seccomp_data`.
    fn word(&self, offset: u32) -> u32 {
        match offset {
            0 => self.number,
            4 => self.audit,
            offset => {
                let bytes = self.arguments[(offset as usize - 16) / 8].to_ne_bytes();
                let half = offset as usize % 8;
                u32::from_ne_bytes(bytes[half..half + 4].try_into().unwrap())
            }
        }
    }
}

/// Runs a program as the kernel does.
fn run(program: &[Instruction], call: &Call) -> u32 {
    let mut data = Vec::new();
    data.extend(call.number.to_ne_bytes());
    data.extend(call.audit.to_ne_bytes());
    data.extend(0_u64.to_ne_bytes());
    data.extend(
        call.arguments
            .iter()
            .flat_map(|argument| argument.to_ne_bytes()),
    );
    let (mut accumulator, mut at) = (0_u32, 0);
    loop {
        let Instruction {
            code,
            jump_true,
            jump_false,
            operand,
        } = program[at];
        let holds = match code {
            0x20 => {
                accumulator = call.word(operand);
                None
            }
            0x54 => {
                accumulator &= operand;
                None
            }
            0x05 => {
                at += operand as usize;
                None
            }
            0x15 => Some(accumulator == operand),
            0x25 => Some(accumulator > operand),
            0x35 => Some(accumulator >= operand),
            0x06 => return operand,
            _ => panic!("unknown operation {code:#x}"),
        };
        at += 1 + match holds {
            Some(true) => usize::from(jump_true),
            Some(false) => usize::from(jump_false),
            None => 0,
        };
    }
}

/// A rule that names a system call, and the first argument that stands for the name.
type Named<'a> = (&'a Rule, Option<u64>);

/// What the rules say, in the plainest way: rule after rule.
struct Oracle<'a> {
    rules: &'a Rules,
    named: HashMap<(Architecture, u32), Vec<Named<'a>>>,
}

impl<'a> Oracle<'a> {
    fn new(rules: &'a Rules) -> Self {
        let mut named: HashMap<_, Vec<_>> = HashMap::new();
        for architecture in Architecture::ALL {
            let table = architecture.table();
            for (rule, name) in rules
                .rules
                .iter()
                .flat_map(|r| r.names.iter().map(move |n| (r, n)))
            {
                if let Some(number) = table.get(name.as_str()) {
                    named
                        .entry((architecture, *number))
                        .or_default()
                        .push((rule, None));
                }
                if let Some((outer, value)) = architecture.multiplexed(name)
                    && rule.condition == Condition::Always
                {
                    let key = (architecture, table[outer]);
                    named.entry(key).or_default().push((rule, Some(value)));
                }
            }
        }
        Self { rules, named }
    }

    fn evaluate(&self, call: &Call) -> Action {
        let is_x32 = call.audit == Architecture::X32.audit() && call.number & X32_BIT != 0;
        let mut architectures = self.rules.architectures.iter().copied();
        let found = architectures
            .find(|one| one.audit() == call.audit && (*one == Architecture::X32) == is_x32);
        let Some(architecture) = found else {
            return Action::KillThread;
        };
        let Some(rules) = self.named.get(&(architecture, call.number)) else {
            return self.unnamed(architecture, call.number);
        };
        let always =
            |(rule, value): &&Named<'_>| value.is_none() && rule.condition == Condition::Always;
        let holds = |(rule, value): &&Named<'_>| match (&rule.condition, value) {
            (_, Some(value)) => call.arguments[0] == *value,
            (Condition::Always, None) => true,
            (Condition::All(all), None) => all.iter().all(|one| one.holds(&call.arguments)),
            (Condition::Any(any), None) => any.iter().any(|one| one.holds(&call.arguments)),
        };
        let says_more = |(rule, _): &&Named<'_>| rule.action != self.rules.default;
        let mut rules = rules.iter().filter(says_more);
        let decided = rules.clone().find(always).or_else(|| rules.find(holds));
        decided.map_or(self.rules.default, |(rule, _)| rule.action)
    }

    /// New system calls do not exist; in gaps the default applies.
    fn unnamed(&self, architecture: Architecture, number: u32) -> Action {
        let named = self.named.keys().filter(|(one, _)| *one == architecture);
        let numbers: Vec<u32> = named.map(|(_, number)| *number).collect();
        let newest = numbers
            .iter()
            .filter(|one| architecture.in_sequence(**one))
            .max();
        let private = numbers
            .iter()
            .any(|one| !architecture.in_sequence(*one) && number > *one);
        if newest.is_some_and(|one| number > *one) && !private && !self.rules.default.lets_through()
        {
            return Action::Errno(38);
        }
        self.rules.default
    }

    /// Does the verdict for a number depend on arguments in some architecture?
    fn compares(&self, number: u32) -> bool {
        Architecture::ALL.iter().any(|architecture| {
            let rules = self.named.get(&(*architecture, number));
            let compares =
                |(rule, value): &Named<'_>| value.is_some() || rule.condition != Condition::Always;
            rules.is_some_and(|rules| rules.iter().any(compares))
        })
    }
}

/// Values around everything that a rule compares with.
fn interesting(rules: &Rules) -> Vec<u64> {
    let mut values: BTreeSet<u64> = [0, 1, u64::MAX, 1 << 32].into();
    for rule in &rules.rules {
        let (Condition::All(all) | Condition::Any(all)) = &rule.condition else {
            continue;
        };
        for one in all {
            let mask = match one.operator {
                Operator::MaskedEqual(mask) => mask,
                _ => 0,
            };
            for base in [
                one.value,
                one.value | mask,
                one.value | !mask,
                mask & mask.wrapping_neg(),
            ] {
                values.extend([base, base.wrapping_add(1), base.wrapping_sub(1)]);
                values.extend([base | 1 << 32, base | 1 << 63, base << 32]);
            }
        }
    }
    values.into_iter().collect()
}

/// Every number of every architecture, beyond the newest, and the borders of the number space.
fn assert_equal(rules: &Rules) -> usize {
    let program = compile_rules(rules).unwrap();
    let oracle = Oracle::new(rules);
    let values = interesting(rules);
    let numbers = (0..600)
        .chain(X32_BIT - 2..X32_BIT + 600)
        .chain(0xf_0000 - 2..0xf_0010)
        .chain(u32::MAX - 2..=u32::MAX);
    let mut audits: Vec<u32> = Architecture::ALL.iter().map(|one| one.audit()).collect();
    audits.push(0xdead);
    for number in numbers {
        for audit in &audits {
            let compares = oracle.compares(number);
            for (index, value) in values.iter().enumerate() {
                if index > 0 && !compares {
                    break;
                }
                let other = values[(index * 7 + 3) % values.len()];
                for arguments in [[*value; 6], [*value, other, *value, other, *value, other]] {
                    let call = Call {
                        audit: *audit,
                        number,
                        arguments,
                    };
                    let (got, want) = (
                        run(program.instructions(), &call),
                        oracle.evaluate(&call).return_value(),
                    );
                    assert_eq!(got, want, "{call:x?}");
                }
            }
        }
    }
    program.instructions().len()
}

fn host(architecture: Architecture, capabilities: &[&str]) -> Host {
    Host {
        architecture,
        kernel: (6, 1),
        capabilities: capabilities
            .iter()
            .map(|name| format!("CAP_{name}"))
            .collect(),
    }
}

#[test]
fn dockers_profile_is_decided_as_written() {
    let profile = Profile::docker_default();
    for capabilities in [
        &[][..],
        &["SYS_ADMIN", "SYS_PTRACE"],
        &["SYS_CHROOT", "BPF"],
    ] {
        for architecture in [Architecture::X86_64, Architecture::Aarch64] {
            let rules = profile.resolve(&host(architecture, capabilities)).unwrap();
            let length = assert_equal(&rules);
            assert!(length < 700, "{length} instructions");
        }
    }
}

#[test]
fn dockers_profile_says_what_it_is_known_for() {
    let profile = Profile::docker_default();
    let verdict = |capabilities: &[&str], name: &str, first: u64| {
        let rules = profile
            .resolve(&host(Architecture::X86_64, capabilities))
            .unwrap();
        let number = Architecture::X86_64.table()[name];
        let audit = Architecture::X86_64.audit();
        let call = Call {
            audit,
            number,
            arguments: [first, 0, 0, 0, 0, 0],
        };
        run(compile_rules(&rules).unwrap().instructions(), &call)
    };
    let (allow, eperm, enosys) = (0x7fff_0000, 0x0005_0001, 0x0005_0026);
    assert_eq!(verdict(&[], "read", 0), allow);
    assert_eq!(verdict(&[], "mount", 0), eperm);
    assert_eq!(verdict(&["SYS_ADMIN"], "mount", 0), allow);
    assert_eq!(verdict(&[], "clone3", 0), enosys);
    assert_eq!(verdict(&[], "clone", 0x1000_0000), eperm, "CLONE_NEWUSER");
    assert_eq!(verdict(&[], "clone", 17), allow);
    assert_eq!(verdict(&[], "socket", 38), eperm, "AF_ALG");
    assert_eq!(verdict(&[], "socket", 2), allow);
    assert_eq!(verdict(&[], "keyctl", 0), eperm);
    assert_eq!(
        verdict(&[], "file_setattr", 0),
        enosys,
        "newer than the profile"
    );
}

#[test]
fn conditions_capabilities_and_kernels_select_rules() {
    let profile = Profile::from_json(
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13, "syscalls": [
            {"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.2"}},
            {"names": ["write"], "action": "SCMP_ACT_LOG", "excludes": {"minKernel": "6.0"}},
            {"name": "close", "action": "SCMP_ACT_TRAP", "includes": {"caps": ["CAP_BPF"]}},
            {"names": ["open"], "action": "SCMP_ACT_ERRNO", "includes": {"arches": ["amd64"]}}]}"#,
    )
    .unwrap();
    let names = |capabilities: &[&str]| {
        let rules = profile
            .resolve(&host(Architecture::X86_64, capabilities))
            .unwrap();
        let names = rules.rules.iter().flat_map(|rule| rule.names.clone());
        (
            names.collect::<Vec<_>>(),
            rules.rules.last().map(|rule| rule.action),
        )
    };
    assert_eq!(
        names(&[]),
        (vec!["open".to_owned()], Some(Action::Errno(1)))
    );
    assert_eq!(names(&["BPF"]).0, ["close", "open"]);
}

#[test]
fn mistakes_have_names() {
    let refused = |text: &str| {
        let resolve = |profile: Profile| profile.resolve(&host(Architecture::X86_64, &[]));
        Profile::from_json(text)
            .and_then(resolve)
            .unwrap_err()
            .to_string()
    };
    assert!(refused("{").starts_with("Decoding seccomp profile failed: "));
    assert!(refused(r#"{"defaultAction": "SCMP_ACT_NOPE"}"#).contains("SCMP_ACT_NOPE"));
    assert!(refused(r#"{"defaultAction": "SCMP_ACT_NOTIFY"}"#).contains("listener"));
    let with =
        |rule: &str| format!(r#"{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{rule}]}}"#);
    let args = |args: &str| {
        with(&format!(
            r#"{{"names": ["read"], "action": "SCMP_ACT_LOG", "args": [{args}]}}"#
        ))
    };
    assert!(
        refused(&args(r#"{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}"#)).contains("argument 6")
    );
    assert!(refused(&args(r#"{"index": 0, "value": 1, "op": "EQ"}"#)).contains("operator"));
    let both = r#"{"name": "read", "names": ["write"], "action": "SCMP_ACT_LOG"}"#;
    assert!(refused(&with(both)).contains("'name' and 'names'"));
}

#[test]
fn x32_is_foreign_unless_named() {
    let profile = Profile::from_json(
        r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": null, "syscalls": null}"#,
    );
    let rules = profile
        .unwrap()
        .resolve(&host(Architecture::X86_64, &[]))
        .unwrap();
    assert_eq!(rules.architectures, [Architecture::X86_64]);
    assert_equal(&rules);
}

fn operator() -> impl Strategy<Value = Operator> {
    prop_oneof![
        Just(Operator::Equal),
        Just(Operator::NotEqual),
        Just(Operator::Less),
        Just(Operator::LessOrEqual),
        Just(Operator::Greater),
        Just(Operator::GreaterOrEqual),
        any::<u64>().prop_map(Operator::MaskedEqual),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Allow),
        Just(Action::Log),
        Just(Action::Trap),
        Just(Action::KillThread),
        Just(Action::KillProcess),
        (1_u16..4096).prop_map(Action::Errno),
        any::<u16>().prop_map(Action::Trace),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let value = prop_oneof![
        any::<u64>(),
        0_u64..8,
        Just(u64::from(u32::MAX)),
        Just(1 << 32)
    ];
    let comparison =
        (0_u8..6, operator(), value).prop_map(|(argument, operator, value)| Comparison {
            argument,
            operator,
            value,
        });
    let comparisons = prop::collection::vec(comparison, 1..4).boxed();
    let condition = prop_oneof![
        Just(Condition::Always),
        comparisons.clone().prop_map(Condition::All),
        comparisons.prop_map(Condition::Any),
    ];
    let mut all: Vec<&str> = Architecture::X86_64.table().keys().copied().collect();
    all.extend(["socketcall", "ipc", "waitpid", "set_tls"]);
    all.sort_unstable();
    let names = prop::sample::subsequence(all, 1..6);
    (names, action(), condition).prop_map(|(names, action, condition)| Rule {
        names: names.into_iter().map(str::to_owned).collect(),
        action,
        condition,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_rules_are_decided_as_written(
        rules in prop::collection::vec(rule(), 0..12),
        default in action(),
        architectures in prop::sample::subsequence(Architecture::ALL.to_vec(), 1..6),
    ) {
        assert_equal(&Rules { default, architectures, rules });
    }
}

/// In a child process, which is killed if something goes wrong.
#[test]
fn the_kernel_takes_the_program_and_obeys() {
    let program = compile_docker_default::<&str>(&[]).unwrap();
    assert_eq!(
        palan_linux::seccomp::from_bytes(&program.bytes()).unwrap(),
        program.instructions()
    );
    let Some(child) = palan_linux::clone::fork().unwrap() else {
        let code = under_filter(&program).map_or_else(|step| step, |()| 0);
        palan_linux::clone::exit_now(code)
    };
    let pid = rustix::process::Pid::from_raw(child);
    let (_, status) = rustix::process::waitpid(pid, rustix::process::WaitOptions::empty())
        .unwrap()
        .unwrap();
    assert_eq!(status.exit_status(), Some(0));
}

/// The number of the step that went wrong. Allocates nothing: the child is a copy of one thread.
fn under_filter(program: &Program) -> Result<(), i32> {
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, SocketType, socket};
    rustix::thread::set_no_new_privs(true).map_err(|_| 1)?;
    palan_linux::seccomp::load(program.instructions()).map_err(|_| 2)?;
    let none = rustix::mount::UnmountFlags::empty();
    let refused = rustix::mount::unmount(c"/nowhere", none);
    (refused == Err(Errno::PERM)).then_some(()).ok_or(3)?;
    socket(AddressFamily::UNIX, SocketType::STREAM, None).map_err(|_| 4)?;
    let alg = socket(AddressFamily::from_raw(38), SocketType::SEQPACKET, None);
    (alg.err() == Some(Errno::PERM)).then_some(()).ok_or(5)?;
    let cloned = palan_linux::clone::clone(palan_linux::clone::NewNamespaces::NONE, None);
    let refused = cloned.err().and_then(|error| error.raw_os_error());
    (refused == Some(Errno::NOSYS.raw_os_error()))
        .then_some(())
        .ok_or(6)
}
