//! Which namespaces are made, which are joined.
//!
//! Existing namespaces are entered by the parent around the clone and left again afterwards, so that
//! the child is born in them: a PID namespace cannot be entered otherwise, and the others then belong
//! to the right user namespace.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use palan_linux::clone::{Cloned, NewNamespaces};
use palan_model::run::{Namespace, Namespaces};
use rustix::thread::{
    LinkNameSpaceType, ThreadNameSpaceType, move_into_link_name_space, move_into_thread_name_spaces,
};

use crate::error::{During, StartError};

/// An existing namespace to be born in.
pub(crate) struct Join {
    kind: LinkNameSpaceType,
    target: OwnedFd,
    /// Our own, to come back.
    home: OwnedFd,
}

/// The `CLONE_NEW..` flags. The cgroup namespace is not among them: it is made when the process is
/// in its cgroup, which becomes its root.
pub(crate) fn plan_new(namespaces: &Namespaces) -> NewNamespaces {
    let each = [
        (&namespaces.pid, NewNamespaces::PID),
        (&namespaces.ipc, NewNamespaces::IPC),
        (&namespaces.uts, NewNamespaces::UTS),
        (&namespaces.net, NewNamespaces::NET),
    ];
    let mut new = NewNamespaces::MOUNT;
    for (namespace, flag) in each {
        if *namespace == Namespace::New {
            new = new.with(flag);
        }
    }
    if namespaces.user.is_some() {
        new = new.with(NewNamespaces::USER);
    }
    new
}

/// The namespaces that a process executed later has to enter.
pub(crate) fn plan_entry(namespaces: &Namespaces) -> ThreadNameSpaceType {
    let each = [
        (
            &namespaces.ipc,
            ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION,
        ),
        (
            &namespaces.uts,
            ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME,
        ),
        (&namespaces.net, ThreadNameSpaceType::NETWORK),
        (&namespaces.cgroup, ThreadNameSpaceType::CONTROL_GROUP),
    ];
    let mut entry = ThreadNameSpaceType::MOUNT;
    for (namespace, flag) in each {
        if *namespace != Namespace::Host {
            entry |= flag;
        }
    }
    if namespaces.user.is_some() {
        entry |= ThreadNameSpaceType::USER;
    }
    entry
}

/// Opens what is joined. A network namespace with an empty path is the descriptor.
pub(crate) fn open_joins(
    namespaces: &Namespaces,
    netns: Option<BorrowedFd<'_>>,
) -> Result<Vec<Join>, StartError> {
    let each = [
        (&namespaces.pid, LinkNameSpaceType::ProcessID, "pid"),
        (
            &namespaces.ipc,
            LinkNameSpaceType::InterProcessCommunication,
            "ipc",
        ),
        (
            &namespaces.uts,
            LinkNameSpaceType::HostNameAndNISDomainName,
            "uts",
        ),
        (&namespaces.net, LinkNameSpaceType::Network, "net"),
        (
            &namespaces.cgroup,
            LinkNameSpaceType::ControlGroup,
            "cgroup",
        ),
    ];
    let mut joins = Vec::new();
    for (namespace, kind, name) in each {
        if let Namespace::Join(path) = namespace {
            let passed = netns.filter(|_| name == "net" && path.as_os_str().is_empty());
            let target = open(path, passed)
                .during(|| format!("opening {name} namespace {}", path.display()))?;
            let home = open(&Path::new("/proc/self/ns").join(name), None)
                .during(|| format!("opening own {name} namespace"))?;
            joins.push(Join { kind, target, home });
        }
    }
    Ok(joins)
}

fn open(path: &Path, passed: Option<BorrowedFd<'_>>) -> io::Result<OwnedFd> {
    match passed {
        Some(fd) => fd.try_clone_to_owned(),
        None => Ok(File::open(path)?.into()),
    }
}

/// Makes a process by `act` in the namespaces. The parent comes back from them, the child stays.
pub(crate) fn inside(
    joins: &[Join],
    act: impl FnOnce() -> io::Result<Cloned>,
) -> io::Result<Cloned> {
    let mut entered = Vec::with_capacity(joins.len());
    let mut result = Ok(());
    for join in joins {
        result = move_into_link_name_space(join.target.as_fd(), Some(join.kind));
        if result.is_err() {
            break;
        }
        entered.push(join);
    }
    let acted = result.map_err(io::Error::from).and_then(|()| act());
    if matches!(acted, Ok(Cloned::Child)) {
        return acted;
    }
    for join in entered {
        move_into_link_name_space(join.home.as_fd(), Some(join.kind))?;
    }
    acted
}

/// Makes a process by `act` that is born in the PID namespace of `process`.
pub(crate) fn with_pids_of(
    process: BorrowedFd<'_>,
    act: impl FnOnce() -> io::Result<Cloned>,
) -> io::Result<Cloned> {
    let home = open(Path::new("/proc/self/ns/pid"), None)?;
    move_into_thread_name_spaces(process, ThreadNameSpaceType::PROCESS_ID)?;
    let acted = act();
    if matches!(acted, Ok(Cloned::Child)) {
        return acted;
    }
    move_into_link_name_space(home.as_fd(), Some(LinkNameSpaceType::ProcessID))?;
    acted
}

#[cfg(test)]
mod tests {
    use super::*;
    use palan_model::run::UserNamespace;

    #[test]
    fn new_host_and_joined() {
        let namespaces = Namespaces {
            pid: Namespace::Host,
            net: Namespace::Join("/proc/1/ns/net".into()),
            user: Some(UserNamespace::default()),
            ..Namespaces::default()
        };
        let new = plan_new(&namespaces);
        assert!(new.contains(NewNamespaces::IPC.with(NewNamespaces::USER)));
        assert!(!new.contains(NewNamespaces::PID) && !new.contains(NewNamespaces::NET));
        let entry = plan_entry(&namespaces);
        assert!(entry.contains(ThreadNameSpaceType::NETWORK | ThreadNameSpaceType::USER));
        assert!(!entry.contains(ThreadNameSpaceType::PROCESS_ID));
    }
}
