//! The engine's side of running containers: it spawns one `palan-runner` per container and talks to
//! it over a socket. Implements `contracts::Runtime`.
//!
//! | module | what is there |
//! |---|---|
//! | [`LinuxRuntime`] | the contract, method by method |
//! | `spawn` | from a `RunSpec` to a started runner |
//! | `recover` | what an earlier engine's runner is doing, or left |
//! | `connection` | messages on a control socket |
//! | `run` | the handle of a run, and the task that owns its connection |
//! | `run_dir` | the files that engine and runner share |
//! | [`CompiledFilters`] | system call filters, compiled once |
//! | `tidy` | what all containers of an engine shared |
//! | `processes` | what `/proc` tells about processes |
//!
//! How a container is made (namespaces, cgroups, mounts) is the runner's business; nothing here needs
//! privileges. Nothing here is stored but the run directories, which vanish with the host's memory.
//!
//! Invariant: whatever dies (engine, runner, or both, at any moment), the container's end is published
//! once, and what is left of it is found again by its run directory.

mod connection;
mod error;
mod processes;
mod recover;
mod run;
mod run_dir;
mod runtime;
mod seccomp;
mod spawn;
mod tidy;

pub use error::RuntimeError;
pub use runtime::LinuxRuntime;
pub use seccomp::CompiledFilters;
