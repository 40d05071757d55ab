//! The mounts of a run, in the order in which they are made: Docker's standard ones, the container's
//! files, then those that were asked for, outer before inner.

use std::path::{Path, PathBuf};

use palan_model::ContainerRecord;
use palan_model::mount::{MountKind, MountPoint, MountSource, Propagation};
use palan_model::run::Mount;

use super::namespaces::{SharedNamespaces, Sharing};

/// Bytes of `/dev/shm` when nothing was asked for.
pub(in crate::containers) const DEFAULT_SHM: i64 = 64 << 20;

pub(super) fn plan(
    record: &ContainerRecord,
    directory: &Path,
    shared: &SharedNamespaces,
) -> Vec<Mount> {
    let mut mounts = standard(record, shared);
    let mut asked: Vec<_> = record
        .mounts
        .iter()
        .filter_map(|point| from_point(record, point))
        .collect();
    asked.extend(
        record
            .host
            .tmpfs
            .iter()
            .map(|(target, options)| tmpfs(target, options)),
    );
    asked.extend(
        [
            ("resolv.conf", "/etc/resolv.conf"),
            ("hostname", "/etc/hostname"),
            ("hosts", "/etc/hosts"),
        ]
        .into_iter()
        .filter(|(_, target)| {
            !record
                .mounts
                .iter()
                .any(|point| point.destination == *target)
        })
        .map(|(name, target)| bind(directory.join(name), target, &["rbind", "rprivate"])),
    );
    // Outer before inner; equal depths keep their order.
    asked.sort_by_key(|mount| mount.destination.matches('/').count());
    // Whoever brings a whole `/dev` brings what is in it.
    let own_dev = asked.iter().any(|mount| mount.destination == "/dev");
    mounts.retain(|mount| {
        let replaced = asked
            .iter()
            .any(|other| other.destination == mount.destination);
        !(replaced || own_dev && mount.destination.starts_with("/dev/"))
    });
    mounts.extend(asked);
    mounts
}

fn standard(record: &ContainerRecord, shared: &SharedNamespaces) -> Vec<Mount> {
    let privileged = record.host.privileged;
    let mode = if privileged { "rw" } else { "ro" };
    let mut mounts = vec![
        mount("proc", "/proc", &["nosuid", "noexec", "nodev"]),
        mount(
            "tmpfs",
            "/dev",
            &["nosuid", "strictatime", "mode=755", "size=65536k"],
        ),
        mount(
            "devpts",
            "/dev/pts",
            &[
                "nosuid",
                "noexec",
                "newinstance",
                "ptmxmode=0666",
                "mode=0620",
                "gid=5",
            ],
        ),
        mount("sysfs", "/sys", &["nosuid", "noexec", "nodev", mode]),
        mount(
            "cgroup",
            "/sys/fs/cgroup",
            &[mode, "nosuid", "noexec", "nodev"],
        ),
    ];
    if shared.ipc == Sharing::Host {
        mounts.push(bind(
            PathBuf::from("/dev/mqueue"),
            "/dev/mqueue",
            &["rbind", "nosuid", "noexec", "nodev"],
        ));
        mounts.push(bind(
            PathBuf::from("/dev/shm"),
            "/dev/shm",
            &["rbind", "nosuid", "noexec", "nodev"],
        ));
        return mounts;
    }
    mounts.push(mount(
        "mqueue",
        "/dev/mqueue",
        &["nosuid", "noexec", "nodev"],
    ));
    if !shared.no_shm {
        let size = Some(record.host.shm_size)
            .filter(|size| *size > 0)
            .unwrap_or(DEFAULT_SHM);
        let size = format!("size={size}");
        let mut shm = mount(
            "tmpfs",
            "/dev/shm",
            &["nosuid", "noexec", "nodev", "mode=1777", &size],
        );
        shm.source = PathBuf::from("shm");
        mounts.push(shm);
    }
    mounts
}

fn mount(kind: &str, destination: &str, options: &[&str]) -> Mount {
    Mount {
        destination: destination.to_owned(),
        kind: kind.to_owned(),
        source: PathBuf::from(kind),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        copy_up: false,
    }
}

fn bind(source: PathBuf, destination: &str, options: &[&str]) -> Mount {
    Mount {
        source,
        ..mount("bind", destination, options)
    }
}

fn from_point(record: &ContainerRecord, point: &MountPoint) -> Option<Mount> {
    if point.kind == MountKind::Tmpfs {
        return tmpfs_mount(record, point);
    }
    let mut options = vec![
        if point.recursive { "rbind" } else { "bind" },
        propagation(point.propagation.unwrap_or_default()),
    ];
    if !point.rw {
        options.push("ro");
    }
    let mount = bind(point.source.clone(), &point.destination, &options);
    Some(Mount {
        copy_up: point.kind == MountKind::Volume && point.copy_up,
        ..mount
    })
}

fn propagation(propagation: Propagation) -> &'static str {
    match propagation {
        Propagation::Private => "private",
        Propagation::Rprivate => "rprivate",
        Propagation::Shared => "shared",
        Propagation::Rshared => "rshared",
        Propagation::Slave => "slave",
        Propagation::Rslave => "rslave",
    }
}

/// `--mount type=tmpfs`: size and mode are in the request.
fn tmpfs_mount(record: &ContainerRecord, point: &MountPoint) -> Option<Mount> {
    let spec = record
        .host
        .mounts
        .iter()
        .find(|spec| crate::containers::mounts::clean(&spec.target) == point.destination)?;
    let MountSource::Tmpfs { size, mode } = spec.source else {
        return None;
    };
    let mut options = vec!["noexec".to_owned(), "nosuid".to_owned(), "nodev".to_owned()];
    options.extend(size.map(|size| format!("size={size}")));
    options.extend(mode.map(|mode| format!("mode={mode:o}")));
    if !point.rw {
        options.push("ro".to_owned());
    }
    let mount = mount("tmpfs", &point.destination, &[]);
    Some(Mount { options, ..mount })
}

/// `--tmpfs target:options`.
fn tmpfs(target: &str, options: &str) -> Mount {
    let defaults = ["noexec", "nosuid", "nodev"];
    let asked: Vec<_> = options
        .split(',')
        .filter(|option| !option.is_empty())
        .collect();
    // An option that undoes a default comes later and wins.
    let all: Vec<_> = defaults.into_iter().chain(asked).collect();
    mount("tmpfs", &crate::containers::mounts::clean(target), &all)
}
