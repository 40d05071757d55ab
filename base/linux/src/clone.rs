//! New processes by `clone3(2)`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use crate::check;

/// `linux/sched.h`; libc's constant does not fit its type.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Which of the two processes this is.
#[derive(Debug)]
pub enum Cloned {
    /// The new one.
    Child,
    /// The old one.
    Parent {
        /// PID of the child in the caller's PID namespace.
        pid: u32,
        /// The child, closed on exec.
        pidfd: OwnedFd,
    },
}

/// Namespaces that the child gets new: `CLONE_NEW..` flags (`namespaces(7)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewNamespaces(u64);

impl NewNamespaces {
    /// None.
    pub const NONE: Self = Self(0);
    /// Mounts.
    pub const MOUNT: Self = Self(libc::CLONE_NEWNS as u64);
    /// Process identifiers.
    pub const PID: Self = Self(libc::CLONE_NEWPID as u64);
    /// Host name.
    pub const UTS: Self = Self(libc::CLONE_NEWUTS as u64);
    /// System V IPC and POSIX message queues.
    pub const IPC: Self = Self(libc::CLONE_NEWIPC as u64);
    /// Network.
    pub const NET: Self = Self(libc::CLONE_NEWNET as u64);
    /// Cgroup tree.
    pub const CGROUP: Self = Self(libc::CLONE_NEWCGROUP as u64);
    /// Users.
    pub const USER: Self = Self(libc::CLONE_NEWUSER as u64);

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Are all of `other` among these?
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Makes a copy of this process, in new namespaces and, when a cgroup v2 directory is given, in that
/// cgroup from its first moment on. The parent is told of its end by `SIGCHLD` and by the pidfd.
///
/// Only the calling thread exists in the child. Call it from a single-threaded process: a lock that
/// another thread held (the allocator's, for example) would stay locked in the child for ever.
///
/// # Errors
/// The kernel's (`clone3(2)`).
pub fn clone(new: NewNamespaces, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Cloned> {
    let mut pidfd: RawFd = -1;
    let mut flags = libc::CLONE_PIDFD as u64 | new.0;
    let mut directory = 0;
    if let Some(cgroup) = cgroup {
        flags |= CLONE_INTO_CGROUP;
        directory = u64::try_from(cgroup.as_raw_fd()).expect("a descriptor is not negative");
    }
    // SAFETY: all fields are integers; zero is "absent" for each (clone3(2)).
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = flags;
    args.pidfd = (&raw mut pidfd) as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    args.cgroup = directory;
    // SAFETY: without CLONE_VM and with a zero stack the child goes on here on its own copy of the
    // memory, as after fork(2). `args` and `pidfd` outlive the call.
    let pid = check(unsafe {
        libc::syscall(
            libc::SYS_clone3,
            &raw mut args,
            size_of::<libc::clone_args>(),
        )
    })?;
    if pid == 0 {
        return Ok(Cloned::Child);
    }
    Ok(Cloned::Parent {
        pid: u32::try_from(pid).expect("a PID is positive"),
        // SAFETY: the kernel has just opened it for us (CLONE_PIDFD).
        pidfd: unsafe { OwnedFd::from_raw_fd(pidfd) },
    })
}

/// Makes a plain copy of this process (`fork(2)`), in the same namespaces. Returns the child's PID to
/// the parent and none to the child. For places where a filter refuses `clone3`.
///
/// # Errors
/// The kernel's (`fork(2)`).
pub fn fork() -> io::Result<Option<i32>> {
    // SAFETY: the child goes on with its own copy of the memory; as for `clone`, callers are
    // single-threaded, and glibc makes its own locks usable in the child.
    let pid = check(unsafe { libc::fork() }.into())?;
    let pid = i32::try_from(pid).expect("a PID is an int");
    Ok((pid != 0).then_some(pid))
}

/// Ends this process at once, without running exit handlers.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: it does not return and touches no memory.
    unsafe { libc::_exit(code) }
}
