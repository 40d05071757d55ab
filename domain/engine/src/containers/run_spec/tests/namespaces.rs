//! Which namespaces are shared.

use std::path::PathBuf;

use palan_model::HostConfig;
use palan_model::run::Namespace;

use super::super::{Joined, SharedNamespaces, Sharing};

type Change = fn(&mut HostConfig);

fn parse(version: u8, change: Change) -> Result<SharedNamespaces, String> {
    let mut host = HostConfig::default();
    change(&mut host);
    SharedNamespaces::parse(&host, version).map_err(|error| error.to_string())
}

#[test]
fn defaults_depend_on_the_cgroup_version() {
    let v1 = parse(1, |_| ()).unwrap();
    assert_eq!((v1.pid, v1.cgroup), (Sharing::Private, Sharing::Host));
    assert_eq!(parse(2, |_| ()).unwrap().cgroup, Sharing::Private);
    let privileged = parse(2, |host| host.privileged = true).unwrap();
    assert_eq!(privileged.cgroup, Sharing::Host);
    let asked = parse(1, |host| host.cgroupns_mode = "private".to_owned()).unwrap();
    assert_eq!(asked.cgroup, Sharing::Private);
}

#[test]
fn modes_are_read_and_planned() {
    let shared = parse(2, |host| {
        host.pid_mode = "container:other".to_owned();
        host.ipc_mode = "shareable".to_owned();
        host.uts_mode = "host".to_owned();
    })
    .unwrap();
    assert_eq!(shared.pid, Sharing::Container("other".to_owned()));
    let joined = Joined {
        pid: Some(PathBuf::from("/proc/7/ns/pid")),
        ipc: None,
    };
    let planned = shared.plan(Namespace::Host, joined);
    assert_eq!(planned.pid, Namespace::Join("/proc/7/ns/pid".into()));
    assert_eq!(planned.ipc, Namespace::New);
    assert_eq!(planned.uts, Namespace::Host);
    assert_eq!(planned.net, Namespace::Host);
    assert_eq!(planned.user, None);
}

#[test]
fn unknown_modes_are_refused() {
    let rows: [(Change, &str); 6] = [
        (|h| h.pid_mode = "x".to_owned(), "invalid PID mode: x"),
        (
            |h| h.pid_mode = "container:".to_owned(),
            "invalid PID mode: container:",
        ),
        (|h| h.ipc_mode = "x".to_owned(), "invalid IPC mode: x"),
        (
            |h| h.uts_mode = "private".to_owned(),
            "invalid UTS mode: private",
        ),
        (|h| h.userns_mode = "x".to_owned(), "invalid USER mode: x"),
        (
            |h| h.cgroupns_mode = "x".to_owned(),
            "invalid cgroup namespace mode: x",
        ),
    ];
    for (change, message) in rows {
        assert_eq!(parse(2, change).unwrap_err(), message);
    }
}
