//! `palan-runner`: one small process per container. It starts the container, owns its streams, writes
//! its log, records its exit code, and serves whichever engine asks.
//!
//! | called as | does |
//! |---|---|
//! | `palan-runner <run dir>` | runs a container; standard input is the control socket, standard output the listening socket, standard error `/dev/null` ([`palan_model::runner`]) |
//! | `palan-runner --reap <run dir>` | kills and removes what a runner that was killed left behind |
//! | `docker-init -- <program> ..` | PID 1 of a container with `--init`: this file is bound there |
//!
//! It has one thread, no asynchronous runtime, and no knowledge of the engine but its messages. How a
//! container is made is `drivers/container`'s.
//!
//! Invariant: once the container was started, nothing that an engine or a client does or fails to do
//! stops the log or the recording of the exit code.

mod client;
mod control;
mod exit_file;
mod input;
mod poll;
mod process;
mod requests;
mod runner;
mod start;
mod stdio;
mod streams;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let called = arguments.first().map(Path::new).and_then(Path::file_name);
    if called.is_some_and(|name| name == "docker-init") {
        palan_container::run_init(std::env::args());
    }
    match arguments.get(1..).unwrap_or_default() {
        [option, run_dir] if option == "--reap" => reap(Path::new(run_dir)),
        [run_dir] => match start::run(PathBuf::from(run_dir)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        _ => {
            eprintln!("usage: palan-runner [--reap] <run directory>");
            ExitCode::FAILURE
        }
    }
}

/// Removes what the container in this run directory left, if it ever began.
fn reap(run_dir: &Path) -> ExitCode {
    let reaped = start::read_spec(run_dir)
        .map_err(|failure| failure.message)
        .and_then(|spec| {
            palan_container::remove_leftovers(&spec.cgroup).map_err(|e| e.to_string())
        });
    match reaped {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
