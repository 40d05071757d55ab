//! What can be done with a running container.

use std::convert::Infallible;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;

use palan_linux::clone::{Cloned, NewNamespaces, clone, exit_now};
use palan_model::{ErrorKind, ProcessSpec, Resources};
use rustix::io::Errno;
use rustix::thread::move_into_thread_name_spaces;

use crate::cgroups::{Cgroup, enter};
use crate::error::{ContainerError, During, StartError};
use crate::program::{Cwd, Program, Streams};
use crate::start::{self, Container, Process, Stdio};
use crate::status::{self, Reporter};
use crate::{namespaces, terminal};

impl Container {
    /// Starts another process inside, in all namespaces and the cgroup of the first. Returns when its
    /// program has been executed.
    ///
    /// The caller must have one thread.
    ///
    /// # Errors
    /// With the exit code that the process gets; `Conflict` when the first process has ended.
    pub fn exec(&self, process: &ProcessSpec, stdio: Stdio) -> Result<Process, StartError> {
        let program = Program::prepare(process, None)?;
        let (reporter, listener) = status::channel().during(|| "making a socket".to_owned())?;
        let opening = || "opening the container's cgroup".to_owned();
        let tasks = self.cgroup.v1_tasks().during(opening)?;
        let directory = self.cgroup.v2_directory().during(opening)?;
        let clone = || clone(NewNamespaces::NONE, directory.as_ref().map(AsFd::as_fd));
        let cloned = if self.own_pids {
            namespaces::with_pids_of(self.first.as_fd(), clone)
        } else {
            clone()
        };
        match cloned.map_err(|error| not_running(&error))? {
            Cloned::Child => {
                drop(listener);
                let Err(error) = self.live(&program, &stdio, &reporter, &tasks);
                reporter.failed(&error);
                exit_now(error.exit_code)
            }
            Cloned::Parent { pid, pidfd } => {
                drop((reporter, stdio));
                start::finish(pid, pidfd, listener.wait())
            }
        }
    }

    fn live(
        &self,
        program: &Program<'_>,
        stdio: &Stdio,
        reporter: &Reporter,
        tasks: &[OwnedFd],
    ) -> Result<Infallible, StartError> {
        start::guard(reporter).during(|| "preparing the process".to_owned())?;
        enter(tasks).during(|| "entering the container's cgroup".to_owned())?;
        move_into_thread_name_spaces(self.first.as_fd(), self.entry)
            .during(|| "entering the container's namespaces".to_owned())?;
        start::own_session().during(|| "making a session".to_owned())?;
        match stdio {
            Stdio::Pipes {
                stdin,
                stdout,
                stderr,
            } => {
                let streams = Streams {
                    stdin: stdin.as_fd(),
                    stdout: stdout.as_fd(),
                    stderr: stderr.as_fd(),
                    console: None,
                };
                program.run(reporter, &streams, Cwd::MustExist)
            }
            Stdio::Terminal => {
                let pty = terminal::open(program.console_size())
                    .during(|| "making a terminal".to_owned())?;
                program.run(reporter, &Streams::terminal(&pty), Cwd::MustExist)
            }
        }
    }

    /// Freezes or thaws all processes; returns when that is so.
    ///
    /// # Errors
    /// The kernel's, or that it takes too long.
    pub fn freeze(&self, frozen: bool) -> Result<(), ContainerError> {
        self.cgroup.freeze(frozen)
    }

    /// Changes limits. What is zero or none stays as it is.
    ///
    /// # Errors
    /// The kernel's, naming the file.
    pub fn update(&self, resources: &Resources) -> Result<(), ContainerError> {
        self.cgroup.limit(resources)
    }

    /// Has the kernel killed a process of the container for its memory limit?
    #[must_use]
    pub fn oom_killed(&self) -> bool {
        self.cgroup.oom_killed()
    }

    /// PIDs on the host of all processes of the container.
    ///
    /// # Errors
    /// The kernel's, naming the file.
    pub fn processes(&self) -> Result<Vec<u32>, ContainerError> {
        self.cgroup.processes()
    }

    /// Clears up after the first process has ended: kills what is left (in the host's PID namespace,
    /// for example) and removes the cgroups.
    ///
    /// # Errors
    /// The first failure; everything is tried.
    pub fn remove(self) -> Result<(), ContainerError> {
        let killed = self.cgroup.kill_all();
        self.cgroup.remove_directories().and(killed)
    }
}

/// Kills everything in a container's cgroup and removes it from every hierarchy. Idempotent; for what
/// a runner that was killed has left.
///
/// # Errors
/// The first failure; everything is tried.
pub fn remove_leftovers(cgroup_path: &str) -> Result<(), ContainerError> {
    let cgroup = Cgroup::at(cgroup_path).map_err(|source| ContainerError::Cgroup {
        path: "/proc/self/mountinfo".to_owned(),
        source,
    })?;
    let killed = cgroup.kill_all();
    cgroup.remove_directories().and(killed)
}

/// A PID namespace whose first process has ended takes no others.
fn not_running(error: &std::io::Error) -> StartError {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::SRCH | Errno::NOMEM) => {
            let message = "the container is not running".to_owned();
            StartError::refused(126, ErrorKind::Conflict, message)
        }
        _ => StartError::step("making the process", error),
    }
}
