//! Signals to this program while a container is attached: passed on to the container, or answered
//! here (a new size of the terminal, the wish to end).

use std::sync::Arc;
use std::time::Duration;

use palan_docker_api::client::{Client, Request};
use palan_model::Signal;
use signal_hook::consts::signal as number;
use signal_hook::iterator::Signals;

use crate::cli::failure::Outcome;
use crate::cli::terminal;

/// Signals that are passed on. Those that report faults of this program, and those that the kernel
/// or the runtime sends for its own reasons (CHLD, PIPE, URG), are not.
const FORWARDED: [i32; 18] = [
    number::SIGHUP,
    number::SIGINT,
    number::SIGQUIT,
    number::SIGTRAP,
    number::SIGABRT,
    number::SIGUSR1,
    number::SIGUSR2,
    number::SIGALRM,
    number::SIGTERM,
    number::SIGCONT,
    number::SIGTSTP,
    number::SIGXCPU,
    number::SIGXFSZ,
    number::SIGVTALRM,
    number::SIGPROF,
    number::SIGIO,
    number::SIGSYS,
    number::SIGWINCH,
];
/// Signals that end this program when they are not passed on: the terminal is restored first.
const ENDING: [i32; 4] = [
    number::SIGHUP,
    number::SIGINT,
    number::SIGQUIT,
    number::SIGTERM,
];
/// Attempts to set the first size: the process may not have its terminal yet.
const RESIZE_ATTEMPTS: u32 = 10;
/// Pause before the second attempt; it grows with each.
const RESIZE_PAUSE: Duration = Duration::from_millis(10);

/// What has a terminal of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResizeTarget {
    /// A container, by identifier.
    Container(String),
    /// An exec, by identifier.
    Exec(String),
}

/// What to do with signals.
#[derive(Clone, Debug, Default)]
pub struct SignalPlan {
    /// Container that signals are passed on to.
    pub forward_to: Option<String>,
    /// What must learn the size of the terminal.
    pub resize: Option<ResizeTarget>,
    /// The terminal is in raw mode.
    pub raw: bool,
}

/// Starts a thread that does so until the program ends. From the return on, no signal is lost.
///
/// # Errors
/// When no thread can be made.
pub fn watch(client: &Arc<Client>, plan: SignalPlan) -> Outcome {
    let mut wanted: Vec<i32> = Vec::new();
    if plan.forward_to.is_some() {
        wanted.extend(FORWARDED);
    } else if plan.raw {
        wanted.extend(ENDING);
    }
    if plan.resize.is_some() && !wanted.contains(&number::SIGWINCH) {
        wanted.push(number::SIGWINCH);
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let mut signals = Signals::new(wanted)?;
    let client = Arc::clone(client);
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                answer(&client, &plan, signal);
            }
        })?;
    Ok(())
}

fn answer(client: &Client, plan: &SignalPlan, signal: i32) {
    match (&plan.forward_to, &plan.resize) {
        (_, Some(target)) if signal == number::SIGWINCH => {
            resize(client, target);
        }
        (Some(container), _) => {
            if let Some(name) = Signal::from_number(signal).ok().and_then(Signal::name) {
                let request = Request::post(&["containers", container, "kill"]);
                // It may have ended meanwhile.
                let _ = client.call(request.query("signal", name));
            }
        }
        (None, _) => {
            terminal::restore();
            std::process::exit(128 + signal);
        }
    }
}

/// Sets the first size of a terminal. When its process is not ready for it yet, a thread tries
/// again for a while.
///
/// # Errors
/// When no thread can be made.
pub fn set_first_size(client: &Arc<Client>, target: ResizeTarget) -> Outcome {
    if resize(client, &target) {
        return Ok(());
    }
    let client = Arc::clone(client);
    std::thread::Builder::new()
        .name("resize".to_owned())
        .spawn(move || {
            for attempt in 1..=RESIZE_ATTEMPTS {
                std::thread::sleep(RESIZE_PAUSE * attempt);
                if resize(&client, &target) {
                    return;
                }
            }
        })?;
    Ok(())
}

/// Tells the engine the size of the user's terminal. False when it did not take it.
fn resize(client: &Client, target: &ResizeTarget) -> bool {
    let Some((rows, columns)) = terminal::size(rustix::stdio::stdout()) else {
        return true;
    };
    if rows == 0 && columns == 0 {
        return true;
    }
    let path = match target {
        ResizeTarget::Container(id) => ["containers", id, "resize"],
        ResizeTarget::Exec(id) => ["exec", id, "resize"],
    };
    let request = Request::post(&path)
        .query("h", &rows.to_string())
        .query("w", &columns.to_string());
    client.call(request).is_ok()
}
