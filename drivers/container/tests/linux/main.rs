//! Containers on the real kernel, as root, with a busybox root file system.
//!
//! Runs the tests one after another in the only thread, as `palan-runner` works. An argument selects
//! the tests whose names contain it.

// The harness is our own, so the compiler does not see that everything here is a test.
#![allow(clippy::unwrap_used)]

mod basics;
mod failures;
mod fixture;
mod isolation;
mod limits;
mod mounts;
mod processes;
mod unified;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// A test and its name.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    // This program is what containers with an init see as theirs.
    if std::env::args()
        .next()
        .is_some_and(|name| name.ends_with("/docker-init"))
    {
        palan_container::run_init(std::env::args());
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    if let Some(reason) = fixture::missing() {
        eprintln!("SKIPPED: all tests of containers on the real kernel: {reason}");
        return ExitCode::SUCCESS;
    }
    // Before any test forks.
    fixture::parent();
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    let mut failed = 0;
    let all = [
        basics::TESTS,
        failures::TESTS,
        isolation::TESTS,
        limits::TESTS,
        mounts::TESTS,
        processes::TESTS,
        unified::TESTS,
    ];
    for (name, test) in all.concat() {
        if filter.is_some_and(|filter| !name.contains(filter.as_str())) {
            continue;
        }
        let passed = catch_unwind(AssertUnwindSafe(test)).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += u32::from(!passed);
    }
    let left = fixture::cgroups_left();
    println!("{failed} failed, cgroups left: {left:?}");
    fixture::remove_shared();
    ExitCode::from(u8::from(failed > 0 || !left.is_empty()))
}
