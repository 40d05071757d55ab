//! The protocol between the engine and `palan-runner`.
//!
//! Messages are JSON, one a datagram, on `SOCK_SEQPACKET` unix sockets; file descriptors travel
//! beside them (`SCM_RIGHTS`). The runner's standard input is its first control socket, its standard
//! output listens on `<run dir>/runner.sock`, where any later engine finds it. Both speak the same
//! messages. The engine that spawns it makes both: there is no moment at which a container is being
//! started and nobody can be asked about it.
//!
//! ```text
//! engine                                   runner
//!   | spawn `palan-runner <run dir>`  ------> |   <run dir>/run.json holds the RunSpec
//!   | Start + [netns] + attach sockets -----> |
//!   | <--------------- Reply Started / Failed |   the program was executed, or not
//!   | Exec, Attach, Signal, Resize, ... ----> |
//!   | <----------------------- ExecExited ... |
//!   | <------------------------------- Exited |   <run dir>/exit.json was written before this
//!   | <------------------------------ Removed |   cgroups and mounts are gone
//!                                          (ends)
//! ```
//!
//! An attach socket is a `SOCK_STREAM` pair. From the runner it carries what Docker sends to an
//! attached client: raw bytes of a terminal, or, without a terminal, frames of an 8-byte header
//! (stream 1 or 2, three zero bytes, big-endian length) and payload. To the runner it carries the raw
//! standard input; shutting down its writing side is end of file. It ends when the process's streams
//! ended and all was written.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::error::ErrorKind;
use crate::id::ExecId;
use crate::resources::Resources;
use crate::run::ProcessSpec;
use crate::signal::Signal;

/// Name of the [`RunSpec`](crate::run::RunSpec) file in the run directory.
pub const RUN_FILE: &str = "run.json";
/// Name of the [`ExitStatus`] file in the run directory.
pub const EXIT_FILE: &str = "exit.json";
/// Name of the listening socket in the run directory.
pub const SOCKET_FILE: &str = "runner.sock";
/// Largest message in bytes; larger ones are refused by the sender.
pub const MAX_MESSAGE: usize = 128 * 1024;
/// Most descriptors beside one message.
pub const MAX_FDS: usize = 8;

/// A request with the number its reply will carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Chosen by the engine, unique on its connection.
    pub seq: u64,
    /// The request.
    pub request: Request,
}

/// What an engine asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Run the container of `run.json`. Only once, and only on the first control socket.
    /// Descriptors: the network namespace when `netns` is set, then one socket per entry of `attach`.
    Start {
        /// The first descriptor is the network namespace to join.
        netns: bool,
        /// Clients attached from the first byte on.
        attach: Vec<AttachSpec>,
    },
    /// Start a process beside the first. Descriptors: one attach socket when `attach` is some.
    Exec {
        /// Identifier for later requests.
        id: ExecId,
        /// The process.
        process: ProcessSpec,
        /// The attached client.
        attach: Option<AttachSpec>,
    },
    /// Attach to the first process. Descriptors: the attach socket.
    Attach(AttachSpec),
    /// Send a signal to a process.
    Signal {
        /// None for the first process.
        exec: Option<ExecId>,
        /// The signal.
        signal: Signal,
    },
    /// Set the size of a terminal.
    Resize {
        /// None for the first process.
        exec: Option<ExecId>,
        /// Rows.
        rows: u16,
        /// Columns.
        columns: u16,
    },
    /// Freeze all processes of the container.
    Pause,
    /// Thaw them.
    Resume,
    /// Change limits while running.
    Update(Resources),
    /// Ask for the PIDs of all processes of the container.
    Processes,
    /// Ask what is going on.
    Status,
}

/// Which streams an attached client wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachSpec {
    /// Its bytes go to the standard input.
    pub stdin: bool,
    /// It gets the standard output.
    pub stdout: bool,
    /// It gets the standard error.
    pub stderr: bool,
}

/// What the runner sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// Answer to the request with this number.
    Reply {
        /// Number of the request.
        seq: u64,
        /// The answer.
        reply: Reply,
    },
    /// The first process ended; the container is over.
    Exited(ExitStatus),
    /// After `Exited`: nothing of the container is left but its run directory. The last message.
    Removed,
    /// An exec'd process ended.
    ExecExited {
        /// Which.
        id: ExecId,
        /// Its exit code, 128+n for signal n.
        code: i32,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Done; nothing to tell.
    Done,
    /// The process runs.
    Started {
        /// Host PID.
        pid: u32,
        /// When.
        at: Timestamp,
    },
    /// The answer to `Processes`: PIDs on the host.
    Processes(Vec<u32>),
    /// The answer to `Status`.
    Status(RunnerStatus),
    /// It did not work.
    Failed(Failure),
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Class.
    pub kind: ErrorKind,
    /// For starts: 127 when the program was not found, 126 when it cannot be executed, else 125 or
    /// 128. None for other requests.
    pub exit_code: Option<i32>,
    /// Text for the user, for example `exec: "nope": executable file not found in $PATH`.
    pub message: String,
}

/// How the container ended. Written to `exit.json` before anyone is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitStatus {
    /// Exit code, 128+n for signal n.
    pub code: i32,
    /// The kernel killed a process of the container for the memory limit.
    pub oom_killed: bool,
    /// When the program was executed.
    pub started_at: Option<Timestamp>,
    /// When it was seen to have ended.
    pub finished_at: Timestamp,
    /// Exec'd processes that ended, so that a new engine can answer for them.
    #[serde(default)]
    pub execs: Vec<ExecExit>,
    /// Why the container did not start, when it did not.
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// The end of an exec'd process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecExit {
    /// Which.
    pub id: ExecId,
    /// Its exit code.
    pub code: i32,
}

/// What a runner is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunnerStatus {
    /// PID of the first process; 0 while starting.
    pub pid: u32,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// Frozen.
    pub paused: bool,
    /// Running exec'd processes and their PIDs.
    pub execs: Vec<(ExecId, u32)>,
    /// The last exec'd processes that ended.
    #[serde(default)]
    pub ended: Vec<ExecExit>,
}
