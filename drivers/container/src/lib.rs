//! Linux containers: turns a [`RunSpec`](palan_model::RunSpec) into a running process.
//!
//! Owns everything between the decision and `execve`: cgroups, namespaces, the root file system,
//! devices, identity, limits, the system call filter. Does not own the container's streams beyond
//! connecting them, its logs, or what happens when it ends: that is `palan-runner`'s.
//!
//! Synchronous, and for a caller with one thread: the new process is a copy of the caller that does
//! all of its preparation itself and is then replaced by the program. Invariant: a start that fails
//! leaves no process, mount or cgroup behind, and tells the first error only.
//!
//! ```text
//! parent                                       child
//! plan, cgroup with limits
//! clone3 -----------------------------------> in its namespaces (and v2 cgroup)
//!   (user namespace: write id maps, "go") --> v1 cgroups, cgroup namespace, session, names
//!                                             root, mounts, devices, masks     (root/)
//!                                             user, limits, privileges         (program.rs)
//! status: Ready <----------------------------
//!                                             filter, execve
//! end of file <------------------------------ the program runs
//! ```

#![forbid(unsafe_code)]

mod capabilities;
mod cgroups;
mod container;
mod error;
mod init;
mod lookup;
mod namespaces;
mod program;
mod rlimits;
mod root;
mod start;
mod status;
mod terminal;
mod users;

pub use container::remove_leftovers;
pub use error::{ContainerError, StartError};
pub use init::run_init;
pub use start::{Container, Process, Stdio};
