//! Starting the first process: the parent's side and the child's.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use palan_linux::clone::{Cloned, clone, exit_now};
use palan_linux::{credentials, namespaces as leaving};
use palan_model::RunSpec;
use palan_model::run::{IdMap, Namespace, UserNamespace};
use rustix::fs::{Gid, Uid};
use rustix::process::{DumpableBehavior, Signal, WaitId, WaitIdOptions};
use rustix::thread::{ThreadNameSpaceType, UnshareFlags};

use crate::cgroups::{Cgroup, enter};
use crate::error::{During, StartError};
use crate::program::{Cwd, Program, Streams};
use crate::root::{self, INIT_PATH};
use crate::status::{self, Listener, Reporter};
use crate::{namespaces, terminal};

/// Where the standard streams of a process come from: the child's ends.
#[derive(Debug)]
pub enum Stdio {
    /// A terminal, made in the container's `devpts`. Its master comes back in [`Process::console`].
    Terminal,
    /// These descriptors.
    Pipes {
        /// Descriptor 0.
        stdin: OwnedFd,
        /// Descriptor 1.
        stdout: OwnedFd,
        /// Descriptor 2.
        stderr: OwnedFd,
    },
}

/// A process that was started. It is a child of the caller, who has to reap it.
#[derive(Debug)]
pub struct Process {
    /// PID on the host.
    pub pid: u32,
    /// Readable when it has ended.
    pub pidfd: OwnedFd,
    /// The terminal's master.
    pub console: Option<OwnedFd>,
}

/// A running container, as its parent process sees it.
#[derive(Debug)]
pub struct Container {
    pub(crate) cgroup: Cgroup,
    /// The first process: the way into its namespaces.
    pub(crate) first: OwnedFd,
    pub(crate) entry: ThreadNameSpaceType,
    pub(crate) own_pids: bool,
}

impl Container {
    /// Makes cgroup, namespaces and root, and executes the program. Returns when it has been
    /// executed. A `netns` is joined when the network namespace is a join of the empty path.
    ///
    /// The caller must have one thread.
    ///
    /// # Errors
    /// With the exit code that the container gets. Nothing is left of it then.
    pub fn start(
        spec: &RunSpec,
        netns: Option<BorrowedFd<'_>>,
        stdio: Stdio,
    ) -> Result<(Self, Process), StartError> {
        let joins = namespaces::open_joins(&spec.namespaces, netns)?;
        let wrapper = spec.init.then_some(INIT_PATH);
        let program = Program::prepare(&spec.process, wrapper)?;
        let root = root::plan(spec)?;
        let cgroup = Cgroup::create(&spec.cgroup, &spec.resources, &spec.device_rules)?;
        let birth = Birth {
            spec,
            cgroup: &cgroup,
            program,
            root,
            stdio,
        };
        let started = birth.launch(&joins).and_then(|process| {
            let first = process.pidfd.try_clone();
            Ok((first.during(|| "copying a pidfd".to_owned())?, process))
        });
        match started {
            Ok((first, process)) => {
                let container = Self {
                    cgroup,
                    first,
                    entry: namespaces::plan_entry(&spec.namespaces),
                    own_pids: spec.namespaces.pid != Namespace::Host,
                };
                Ok((container, process))
            }
            Err(error) => {
                // The error that is reported is the first one.
                let _ = cgroup.kill_all();
                let _ = cgroup.remove_directories();
                Err(error)
            }
        }
    }
}

/// Everything that the new process needs to know.
struct Birth<'a> {
    spec: &'a RunSpec,
    cgroup: &'a Cgroup,
    program: Program<'a>,
    root: root::Plan<'a>,
    stdio: Stdio,
}

impl Birth<'_> {
    fn launch(self, joins: &[namespaces::Join]) -> Result<Process, StartError> {
        let user = self.spec.namespaces.user.as_ref();
        let (reporter, listener) = status::channel().during(|| "making a socket".to_owned())?;
        let opening = || format!("opening cgroup {}", self.spec.cgroup);
        let tasks = self.cgroup.v1_tasks().during(opening)?;
        let directory = self.cgroup.v2_directory().during(opening)?;
        let new = namespaces::plan_new(&self.spec.namespaces);
        let cloned = namespaces::inside(joins, || clone(new, directory.as_ref().map(AsFd::as_fd)));
        match cloned.during(|| "making the container's process".to_owned())? {
            Cloned::Child => {
                drop(listener);
                self.live(&reporter, &tasks)
            }
            Cloned::Parent { pid, pidfd } => {
                drop(reporter);
                let mapped = user.map_or(Ok(()), |user| map_users(pid, user, &listener));
                finish(pid, pidfd, mapped.and_then(|()| listener.wait()))
            }
        }
    }

    /// The child's life until it is the program.
    fn live(self, reporter: &Reporter, tasks: &[OwnedFd]) -> ! {
        let Err(error) = self.prepare_and_run(reporter, tasks);
        reporter.failed(&error);
        exit_now(error.exit_code)
    }

    fn prepare_and_run(
        &self,
        reporter: &Reporter,
        tasks: &[OwnedFd],
    ) -> Result<Infallible, StartError> {
        guard(reporter).during(|| "preparing the container's process".to_owned())?;
        // While we are still the host's root: the file belongs to it.
        self.set_oom_score()?;
        if self.spec.namespaces.user.is_some() {
            become_mapped_root(reporter).during(|| "entering the user namespace".to_owned())?;
        }
        enter(tasks).during(|| format!("entering cgroup {}", self.spec.cgroup))?;
        if self.spec.namespaces.cgroup == Namespace::New {
            leaving::unshare(UnshareFlags::NEWCGROUP)
                .during(|| "making a cgroup namespace".to_owned())?;
        }
        own_session().during(|| "making a session".to_owned())?;
        self.set_names()?;
        let root = self.root.make(self.cgroup)?;
        match &self.stdio {
            Stdio::Pipes {
                stdin,
                stdout,
                stderr,
            } => {
                self.root.seal(root.as_fd())?;
                let streams = Streams {
                    stdin: stdin.as_fd(),
                    stdout: stdout.as_fd(),
                    stderr: stderr.as_fd(),
                    console: None,
                };
                self.program.run(reporter, &streams, Cwd::Made)
            }
            Stdio::Terminal => {
                let pty = terminal::open(self.spec.process.console_size)
                    .and_then(|pty| terminal::bind_console(root.as_fd(), &pty).map(|()| pty))
                    .during(|| "making the container's terminal".to_owned())?;
                self.root.seal(root.as_fd())?;
                self.program
                    .run(reporter, &Streams::terminal(&pty), Cwd::Made)
            }
        }
    }

    fn set_names(&self) -> Result<(), StartError> {
        if self.spec.namespaces.uts != Namespace::New {
            return Ok(());
        }
        if !self.spec.hostname.is_empty() {
            rustix::system::sethostname(self.spec.hostname.as_bytes())
                .during(|| format!("setting the host name {}", self.spec.hostname))?;
        }
        if !self.spec.domainname.is_empty() {
            rustix::system::setdomainname(self.spec.domainname.as_bytes())
                .during(|| format!("setting the domain name {}", self.spec.domainname))?;
        }
        Ok(())
    }

    /// A score that is lower than the present one needs a capability that the host may have taken
    /// from us: then the present one stays.
    fn set_oom_score(&self) -> Result<(), StartError> {
        let Some(score) = self.spec.oom_score_adj else {
            return Ok(());
        };
        match fs::write("/proc/self/oom_score_adj", score.to_string()) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            written => written.during(|| format!("setting oom_score_adj to {score}")),
        }
    }
}

/// Makes the child end with its parent, and out of reach of processes already in the container.
pub(crate) fn guard(reporter: &Reporter) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    reporter.check_parent()
}

/// A session and a keyring of its own.
pub(crate) fn own_session() -> io::Result<()> {
    rustix::process::setsid()?;
    match credentials::new_session_keyring() {
        // Kernels without keyrings have no keys to hide.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        made => made,
    }
}

/// The parent's last step: hand out the process, or clear it away.
pub(crate) fn finish(
    pid: u32,
    pidfd: OwnedFd,
    console: Result<Option<OwnedFd>, StartError>,
) -> Result<Process, StartError> {
    match console {
        Ok(console) => Ok(Process {
            pid,
            pidfd,
            console,
        }),
        Err(error) => {
            let _ = rustix::process::pidfd_send_signal(&pidfd, Signal::KILL);
            let _ = rustix::process::waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
            Err(error)
        }
    }
}

fn map_users(pid: u32, user: &UserNamespace, listener: &Listener) -> Result<(), StartError> {
    let lines = |maps: &[IdMap]| {
        let line = |map: &IdMap| format!("{} {} {}\n", map.container, map.host, map.size);
        maps.iter().map(line).collect::<String>()
    };
    for (file, maps) in [("uid_map", &user.uid_map), ("gid_map", &user.gid_map)] {
        let path = format!("/proc/{pid}/{file}");
        fs::write(&path, lines(maps)).during(|| format!("writing {path}"))?;
    }
    listener
        .go()
        .during(|| "waking the container's process".to_owned())
}

fn become_mapped_root(reporter: &Reporter) -> io::Result<()> {
    reporter.wait_for_parent()?;
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT)?;
    Ok(rustix::thread::set_thread_res_uid(
        Uid::ROOT,
        Uid::ROOT,
        Uid::ROOT,
    )?)
}
