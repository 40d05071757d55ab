//! A small init for containers: PID 1 that passes signals on, reaps orphans, and ends as its child
//! ended.
//!
//! Works like tini without options: the child gets its own process group in the foreground.

use std::ffi::CString;
use std::io;
use std::os::fd::AsFd;

use palan_linux::clone::{exit_now, fork};
use palan_linux::execute::Command;
use palan_linux::signals;
use rustix::process::{Pid, WaitOptions};

use crate::lookup;

const SIGCHLD: i32 = 17;

/// Runs the program named by the arguments: those after the first `--`, or all but the first. Ends
/// this process with its exit code, 128+n for signal n; 127 when there is no such program.
pub fn run_init(arguments: impl IntoIterator<Item = String>) -> ! {
    let mut arguments: Vec<String> = arguments.into_iter().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    match supervise(&arguments) {
        Ok(code) => exit_now(code),
        Err(error) => {
            let name = arguments.first().map_or("", String::as_str);
            say(&format!(
                "docker-init: running {name}: {}\n",
                crate::error::text(&error)
            ));
            exit_now(125)
        }
    }
}

fn supervise(arguments: &[String]) -> io::Result<i32> {
    // Before the fork, so that no signal is lost. It stays so in this process.
    signals::block_all()?;
    let Some(child) = fork()? else {
        become_program(arguments);
    };
    loop {
        let number = signals::wait(u64::MAX)?;
        if number != SIGCHLD {
            let _ = signals::kill(child, number);
        } else if let Some(code) = reap(child) {
            return Ok(code);
        }
    }
}

/// Reaps everything that has ended; the child's exit code when it is among them.
fn reap(child: i32) -> Option<i32> {
    let mut code = None;
    while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
        if pid.as_raw_nonzero().get() == child {
            let signal = status.terminating_signal().map(|number| 128 + number);
            code = status.exit_status().or(signal);
        }
    }
    code
}

fn become_program(arguments: &[String]) -> ! {
    let _ = rustix::process::setpgid(None, None);
    // All signals are still blocked, so this works from the background.
    let own = rustix::process::getpid();
    take_terminal(own);
    let _ = signals::reset();
    let Some(name) = arguments.first() else {
        say("docker-init: no program\n");
        exit_now(125);
    };
    let environment: Vec<String> = std::env::vars_os()
        .filter_map(|(name, value)| {
            Some(format!(
                "{}={}",
                name.into_string().ok()?,
                value.into_string().ok()?
            ))
        })
        .collect();
    let path = match lookup::find(name, &environment) {
        Ok(path) => path,
        Err(error) => {
            say(&format!("docker-init: {}\n", error.message));
            exit_now(error.exit_code);
        }
    };
    let texts = |texts: &[String]| {
        texts
            .iter()
            .filter_map(|text| CString::new(text.as_str()).ok())
            .collect()
    };
    let command = Command::new(
        CString::new(path).unwrap_or_default(),
        texts(arguments),
        texts(&environment),
    );
    let error = command.execute();
    say(&format!(
        "docker-init: exec {name}: {}\n",
        crate::error::text(&error)
    ));
    exit_now(126)
}

fn take_terminal(group: Pid) {
    let stdin = rustix::stdio::stdin();
    if rustix::termios::isatty(stdin.as_fd()) {
        let _ = rustix::termios::tcsetpgrp(stdin.as_fd(), group);
    }
}

fn say(text: &str) {
    let _ = rustix::io::write(rustix::stdio::stderr(), text.as_bytes());
}
