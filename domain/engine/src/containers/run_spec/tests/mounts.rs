//! The order of mounts.

use std::path::{Path, PathBuf};

use palan_model::mount::{MountKind, MountPoint, MountSource, MountSpec};
use palan_model::run::Mount;
use palan_model::{ContainerConfig, HostConfig};

use super::super::{SharedNamespaces, mounts};
use super::record;

fn point(kind: MountKind, destination: &str) -> MountPoint {
    MountPoint {
        kind,
        name: None,
        source: PathBuf::from("/src"),
        destination: destination.to_owned(),
        driver: None,
        mode: String::new(),
        rw: true,
        propagation: None,
        copy_up: true,
        recursive: true,
        anonymous: false,
    }
}

fn plan(host: HostConfig, points: Vec<MountPoint>) -> Vec<Mount> {
    let shared = SharedNamespaces::parse(&host, 1).unwrap();
    let mut record = record(ContainerConfig::default(), host);
    record.mounts = points;
    mounts::plan(&record, Path::new("/containers/x"), &shared)
}

fn destinations(mounts: &[Mount]) -> Vec<&str> {
    let all = mounts.iter();
    all.map(|mount| mount.destination.as_str()).collect()
}

fn find<'a>(mounts: &'a [Mount], destination: &str) -> &'a Mount {
    let found = mounts.iter().find(|mount| mount.destination == destination);
    found.unwrap()
}

#[test]
fn dockers_mounts_come_in_dockers_order() {
    let mounts = plan(HostConfig::default(), vec![]);
    assert_eq!(
        destinations(&mounts),
        [
            "/proc",
            "/dev",
            "/dev/pts",
            "/sys",
            "/sys/fs/cgroup",
            "/dev/mqueue",
            "/dev/shm",
            "/etc/resolv.conf",
            "/etc/hostname",
            "/etc/hosts",
        ]
    );
    let shm = find(&mounts, "/dev/shm");
    assert!(shm.options.contains(&"size=67108864".to_owned()));
    assert!(find(&mounts, "/sys").options.contains(&"ro".to_owned()));
    assert_eq!(
        find(&mounts, "/etc/hosts").source,
        Path::new("/containers/x/hosts")
    );
}

#[test]
fn outer_mounts_come_before_inner_ones_and_replace_the_usual() {
    let mut host = HostConfig::default();
    host.tmpfs
        .insert("/a/".to_owned(), "exec,size=1m".to_owned());
    let points = vec![
        point(MountKind::Bind, "/a/b/c"),
        point(MountKind::Volume, "/a/b"),
        point(MountKind::Bind, "/etc/hosts"),
        point(MountKind::Bind, "/dev/shm"),
    ];
    let mounts = plan(host, points);
    let places = destinations(&mounts);
    let place = |path: &str| places.iter().position(|other| *other == path).unwrap();
    assert!(place("/a") < place("/a/b") && place("/a/b") < place("/a/b/c"));
    for once in ["/etc/hosts", "/dev/shm"] {
        assert_eq!(places.iter().filter(|place| **place == once).count(), 1);
        assert_eq!(find(&mounts, once).source, Path::new("/src"));
    }
    // What a client asks for comes after the default that it undoes.
    assert_eq!(
        find(&mounts, "/a").options,
        ["noexec", "nosuid", "nodev", "exec", "size=1m"]
    );
    assert!(find(&mounts, "/a/b").copy_up);
    assert!(!find(&mounts, "/a/b/c").copy_up, "binds are never filled");
}

#[test]
fn whoever_brings_dev_brings_what_is_in_it() {
    let mounts = plan(HostConfig::default(), vec![point(MountKind::Bind, "/dev")]);
    let below: Vec<_> = destinations(&mounts)
        .into_iter()
        .filter(|place| place.starts_with("/dev"))
        .collect();
    assert_eq!(below, ["/dev"]);
}

#[test]
fn a_tmpfs_mount_has_size_and_mode() {
    let spec = MountSpec {
        target: "/t/".to_owned(),
        source: MountSource::Tmpfs {
            size: Some(1024),
            mode: Some(0o1770),
        },
        read_only: false,
    };
    let host = HostConfig {
        mounts: vec![spec],
        ..HostConfig::default()
    };
    let mounts = plan(host, vec![point(MountKind::Tmpfs, "/t")]);
    assert_eq!(
        find(&mounts, "/t").options,
        ["noexec", "nosuid", "nodev", "size=1024", "mode=1770"]
    );
}

#[test]
fn the_hosts_ipc_comes_with_its_memory() {
    let host = |mode: &str| HostConfig {
        ipc_mode: mode.to_owned(),
        ..HostConfig::default()
    };
    let shared = plan(host("host"), vec![]);
    assert_eq!(find(&shared, "/dev/shm").kind, "bind");
    assert_eq!(find(&shared, "/dev/mqueue").kind, "bind");
    let none = plan(host("none"), vec![]);
    assert!(!destinations(&none).contains(&"/dev/shm"));
}
