//! Processes started in a running container.

use serde::{Deserialize, Serialize};

use crate::id::{ContainerId, ExecId};

/// What `exec` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecSpec {
    /// `user[:group]`; empty for the container's user.
    pub user: String,
    /// All capabilities.
    pub privileged: bool,
    /// Give the process a terminal.
    pub tty: bool,
    /// Rows and columns of the terminal at start.
    pub console_size: Option<[u16; 2]>,
    /// The client writes to the standard input.
    pub attach_stdin: bool,
    /// The client reads the standard output.
    pub attach_stdout: bool,
    /// The client reads the standard error.
    pub attach_stderr: bool,
    /// Keys that leave the process running, for example `ctrl-p,ctrl-q`.
    pub detach_keys: Option<String>,
    /// `NAME=value`, added to the container's environment.
    pub env: Vec<String>,
    /// Working directory; empty for the container's.
    pub working_dir: String,
    /// Program and arguments.
    pub cmd: Vec<String>,
}

/// An exec instance. Kept in memory as long as its container runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecRecord {
    /// Identifier.
    pub id: ExecId,
    /// The container it runs in.
    pub container: ContainerId,
    /// What was asked.
    pub spec: ExecSpec,
    /// It is running.
    pub running: bool,
    /// None until it ended.
    pub exit_code: Option<i32>,
    /// Host PID; 0 before the start.
    pub pid: u32,
    /// Docker's `CanRemove`: it ended.
    pub can_remove: bool,
}
