//! The last steps of a new process, in the container already: who it is, what it may do, and the
//! execution of the program.

use std::convert::Infallible;
use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use palan_linux::clone::exit_now;
use palan_linux::execute::{Command, close_on_exec_from};
use palan_linux::pty::Pty;
use palan_linux::seccomp::{self, Instruction};
use palan_linux::{credentials, signals};
use palan_model::{ErrorKind, ProcessSpec};
use rustix::fs::{CWD, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;
use rustix::process::Signal;

use crate::capabilities::{self, SYS_ADMIN};
use crate::error::{During, StartError};
use crate::status::Reporter;
use crate::users::{self, Identity};
use crate::{lookup, rlimits};

/// Largest passwd or group file that is read, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// A process to be, with everything that only the host's side can know.
pub(crate) struct Program<'a> {
    spec: &'a ProcessSpec,
    capabilities: u64,
    filter: Option<Vec<Instruction>>,
    /// Put before the arguments: our init.
    wrapper: Option<&'static str>,
}

/// Is the working directory made when it is missing?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cwd {
    Made,
    MustExist,
}

/// The standard streams of a new process.
pub(crate) struct Streams<'a> {
    pub(crate) stdin: BorrowedFd<'a>,
    pub(crate) stdout: BorrowedFd<'a>,
    pub(crate) stderr: BorrowedFd<'a>,
    /// The other end of the terminal, when they are one.
    pub(crate) console: Option<BorrowedFd<'a>>,
}

impl<'a> Streams<'a> {
    /// All three are the terminal.
    pub(crate) fn terminal(pty: &'a Pty) -> Self {
        Self {
            stdin: pty.slave.as_fd(),
            stdout: pty.slave.as_fd(),
            stderr: pty.slave.as_fd(),
            console: Some(pty.master.as_fd()),
        }
    }
}

impl<'a> Program<'a> {
    pub(crate) fn console_size(&self) -> Option<[u16; 2]> {
        self.spec.console_size
    }

    pub(crate) fn prepare(
        spec: &'a ProcessSpec,
        wrapper: Option<&'static str>,
    ) -> Result<Self, StartError> {
        if spec.args.is_empty() {
            let message = "no command specified".to_owned();
            return Err(StartError::refused(
                125,
                ErrorKind::InvalidParameter,
                message,
            ));
        }
        let filter = spec.seccomp.as_deref().map(read_filter).transpose()?;
        Ok(Self {
            spec,
            capabilities: capabilities::mask(&spec.capabilities)?,
            filter,
            wrapper,
        })
    }

    /// Becomes the program. Errors are for the caller to report.
    pub(crate) fn run(
        &self,
        reporter: &Reporter,
        streams: &Streams<'_>,
        cwd: Cwd,
    ) -> Result<Infallible, StartError> {
        rustix::process::umask(Mode::from_raw_mode(0o022));
        let identity = self.identity()?;
        rlimits::apply(&self.spec.rlimits)?;
        connect(streams, &identity).during(|| "connecting the standard streams".to_owned())?;
        let entered = self.enter_cwd(cwd);
        self.become_user(&identity)
            .during(|| format!("becoming user {}:{}", identity.uid, identity.gid))?;
        // What root may not enter (root squashing) the user may.
        let entered = entered.or_else(|_| self.enter_cwd(Cwd::MustExist));
        if cwd == Cwd::Made && is_no_directory(&entered) {
            let message = format!("Cannot mkdir: {} is not a directory", self.spec.cwd);
            return Err(StartError::refused(
                125,
                ErrorKind::InvalidParameter,
                message,
            ));
        }
        entered.during(|| {
            format!(
                "chdir to cwd ({:?}) set in config.json failed",
                self.spec.cwd
            )
        })?;
        let command = self.command(&identity)?;
        self.confine(&identity)
            .during(|| "limiting privileges".to_owned())?;
        reporter
            .ready(streams.console)
            .during(|| "reporting to the runner".to_owned())?;
        if let Some(filter) = &self.filter {
            seccomp::load(filter).during(|| "loading the seccomp filter".to_owned())?;
        }
        execute(&command)
    }

    fn identity(&self) -> Result<Identity, StartError> {
        let passwd = read_small("/etc/passwd");
        let group = read_small("/etc/group");
        users::resolve(
            &self.spec.user,
            &self.spec.additional_groups,
            &passwd,
            &group,
        )
    }

    fn enter_cwd(&self, cwd: Cwd) -> io::Result<()> {
        let path = if self.spec.cwd.is_empty() {
            "/"
        } else {
            self.spec.cwd.as_str()
        };
        match rustix::process::chdir(path) {
            Err(Errno::NOENT) if cwd == Cwd::Made => {
                std::fs::create_dir_all(path)?;
                rustix::process::chdir(path)?;
            }
            entered => entered?,
        }
        // A directory outside of the root, by way of a leaked descriptor, has no path in it.
        if rustix::process::getcwd(Vec::new())?
            .as_bytes()
            .starts_with(b"/")
        {
            Ok(())
        } else {
            Err(Errno::PERM.into())
        }
    }

    /// Changes groups and user. Afterwards only `CAP_SYS_ADMIN` may be left besides what the user
    /// has, and only when the filter needs it.
    fn become_user(&self, identity: &Identity) -> io::Result<()> {
        credentials::limit_bounding_set(self.capabilities)?;
        let groups: Vec<Gid> = identity.groups.iter().copied().map(Gid::from_raw).collect();
        rustix::thread::set_thread_groups(&groups)?;
        let gid = Gid::from_raw(identity.gid);
        rustix::thread::set_thread_res_gid(gid, gid, gid)?;
        let keeps = self.needs_admin() && identity.uid != 0;
        if keeps {
            rustix::thread::set_keep_capabilities(true)?;
        }
        let uid = Uid::from_raw(identity.uid);
        rustix::thread::set_thread_res_uid(uid, uid, uid)?;
        if keeps {
            rustix::thread::set_keep_capabilities(false)?;
            credentials::set_capabilities(SYS_ADMIN)?;
        }
        Ok(())
    }

    /// Without `no_new_privs` only an administrator may load a filter.
    fn needs_admin(&self) -> bool {
        self.filter.is_some() && !self.spec.no_new_privileges
    }

    /// Sets what the execution does not set by itself.
    ///
    /// `execve` computes the new capabilities from the bounding set alone, since the inheritable and
    /// ambient sets are empty: all of it for root, nothing for others (`capabilities(7)`). So what is
    /// kept here for loading the filter does not outlive the execution.
    fn confine(&self, identity: &Identity) -> io::Result<()> {
        credentials::clear_ambient_set()?;
        if !self.needs_admin() {
            let active = if identity.uid == 0 {
                self.capabilities
            } else {
                0
            };
            credentials::set_capabilities(active)?;
        } else if identity.uid == 0 {
            credentials::set_capabilities(self.capabilities | SYS_ADMIN)?;
        }
        if self.spec.no_new_privileges {
            rustix::thread::set_no_new_privs(true)?;
        }
        // Changing the user has cleared it.
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        signals::reset()?;
        close_on_exec_from(3)
    }

    fn command(&self, identity: &Identity) -> Result<Command, StartError> {
        let mut arguments = self.spec.args.as_slice();
        let mut environment = self.spec.env.clone();
        environment.retain(|entry| entry != "HOME=");
        if !environment.iter().any(|entry| entry.starts_with("HOME=")) {
            environment.push(format!("HOME={}", identity.home));
        }
        let path = match (self.wrapper, arguments.first()) {
            (Some(wrapper), _) => wrapper.to_owned(),
            (None, Some(name)) => lookup::find(name, &environment)?,
            (None, None) => String::new(),
        };
        let mut argv = Vec::with_capacity(arguments.len() + 2);
        if let Some(wrapper) = self.wrapper {
            argv.push(text(wrapper)?);
            argv.push(text("--")?);
        }
        while let [first, rest @ ..] = arguments {
            argv.push(text(first)?);
            arguments = rest;
        }
        let environment = environment.iter().map(|entry| text(entry));
        Ok(Command::new(
            text(&path)?,
            argv,
            environment.collect::<Result<_, _>>()?,
        ))
    }
}

fn text(text: &str) -> Result<CString, StartError> {
    CString::new(text).map_err(|_| {
        let message = format!("a zero byte in {text:?}");
        StartError::refused(128, ErrorKind::InvalidParameter, message)
    })
}

fn read_filter(path: &Path) -> Result<Vec<Instruction>, StartError> {
    std::fs::read(path)
        .and_then(|bytes| seccomp::from_bytes(&bytes))
        .during(|| format!("reading the seccomp filter {}", path.display()))
}

/// The text of a file that is in the hands of the image: it may be missing, huge or no file at all.
fn read_small(path: &str) -> String {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut bytes = Vec::new();
    if let Ok(fd) = rustix::fs::openat(CWD, path, flags, Mode::empty()) {
        let file = File::from(fd);
        if file
            .metadata()
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_FILE)
        {
            // What cannot be read has no entries.
            let _ = file.take(MAX_FILE).read_to_end(&mut bytes);
        }
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Makes the streams descriptors 0, 1 and 2, and gives them to the user, who may want to open them
/// again as `/dev/stdout`.
fn connect(streams: &Streams<'_>, identity: &Identity) -> io::Result<()> {
    let each = [streams.stdin, streams.stdout, streams.stderr];
    if identity.uid != 0 {
        for stream in each {
            let _ = rustix::fs::fchown(stream, Some(Uid::from_raw(identity.uid)), None);
        }
    }
    // Out of the way first: one of them may be where another has to go.
    let moved = each.map(|stream| rustix::io::fcntl_dupfd_cloexec(stream, 3));
    let [stdin, stdout, stderr] = moved;
    rustix::stdio::dup2_stdin(stdin?)?;
    rustix::stdio::dup2_stdout(stdout?)?;
    rustix::stdio::dup2_stderr(stderr?)?;
    if streams.console.is_some() {
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdin().as_fd())?;
    }
    Ok(())
}

/// Executes. When the kernel refuses, the user finds the reason where the program would have
/// written, and the exit code 255, as with Docker: by then the container counts as started.
fn execute(command: &Command) -> ! {
    let error = command.execute();
    let path = PathBuf::from(OsStr::from_bytes(command.path().to_bytes()));
    let message = lookup::refused_by_kernel(&path, &error);
    let _ = rustix::io::write(rustix::stdio::stderr(), message.as_bytes());
    exit_now(255)
}

/// Whether something else than a directory is in the way.
fn is_no_directory(entered: &io::Result<()>) -> bool {
    let not_a_directory = Some(Errno::NOTDIR.raw_os_error());
    entered
        .as_ref()
        .is_err_and(|error| error.raw_os_error() == not_a_directory)
}
