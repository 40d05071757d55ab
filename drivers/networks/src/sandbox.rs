//! Network namespaces: made, entered for a moment, and kept ready.
//!
//! Entering a namespace changes the calling thread, so all of this runs on the threads of
//! [`crate::worker`] only, never on those of the asynchronous runtime.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use crate::error::{Error, Result};
use crate::netlink::Socket;
use crate::{route, sysctl};

/// The loopback interface is the first of each namespace.
const LOOPBACK: u32 = 1;

/// A descriptor of the calling thread's network namespace.
///
/// # Errors
/// When `/proc` is not there.
pub fn current() -> Result<OwnedFd> {
    let file = File::open("/proc/thread-self/ns/net").map_err(|source| Error::Namespace {
        action: "open the network namespace of the thread",
        source,
    })?;
    Ok(file.into())
}

/// Runs `work` in another network namespace and returns to `home`.
///
/// # Errors
/// When the namespace cannot be entered; else what `work` says.
pub fn within<T>(
    home: BorrowedFd<'_>,
    sandbox: BorrowedFd<'_>,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    enter(sandbox).map_err(|source| Error::Namespace {
        action: "enter the network namespace of the container",
        source,
    })?;
    let result = work();
    enter(home).expect("a thread may return to the namespace that it came from");
    result
}

/// A new namespace: loopback up, IPv6 off for interfaces to come until a network brings it.
///
/// # Errors
/// The kernel's.
pub fn create(home: BorrowedFd<'_>) -> Result<OwnedFd> {
    palan_linux::namespaces::unshare(UnshareFlags::NEWNET).map_err(|source| Error::Namespace {
        action: "create a network namespace",
        source,
    })?;
    let made = prepare();
    enter(home).expect("a thread may return to the namespace that it came from");
    made
}

fn prepare() -> Result<OwnedFd> {
    let made = current()?;
    let mut socket = Socket::open(None).map_err(Error::kernel("open a netlink socket"))?;
    socket
        .request(&[route::set_up(LOOPBACK)])
        .map_err(|(_, e)| Error::kernel("bring up the loopback interface")(e))?;
    if std::fs::exists("/proc/sys/net/ipv6").unwrap_or(false) {
        sysctl::write("net/ipv6/conf/default/disable_ipv6", "1")?;
    }
    Ok(made)
}

fn enter(namespace: BorrowedFd<'_>) -> io::Result<()> {
    move_into_link_name_space(namespace, Some(LinkNameSpaceType::Network))?;
    Ok(())
}

/// Namespaces made ahead of time. Only descriptors hold them, so they end with the engine, however
/// it ends.
#[derive(Debug)]
pub struct Ready {
    wanted: usize,
    spare: Mutex<VecDeque<OwnedFd>>,
}

impl Ready {
    /// Keeps this many ready.
    #[must_use]
    pub fn new(wanted: usize) -> Self {
        Self {
            wanted,
            spare: Mutex::default(),
        }
    }

    /// One that is ready.
    pub fn take(&self) -> Option<OwnedFd> {
        self.lock().pop_front()
    }

    /// Makes what is missing.
    ///
    /// # Errors
    /// The kernel's; whoever needs a namespace then makes one and tells the reason.
    pub fn refill(&self, home: &OwnedFd) -> Result<()> {
        while self.lock().len() < self.wanted {
            let made = create(home.as_fd())?;
            self.lock().push_back(made);
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<OwnedFd>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
