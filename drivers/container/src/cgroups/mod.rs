//! The container's cgroup in every hierarchy of the host: version 1, version 2 or both.
//!
//! Owns the directories named by `RunSpec::cgroup` and nothing above them except that missing
//! parents are made. Whoever makes a [`Cgroup`] removes it; a failing creation removes its own part.
//!
//! On version 1 a process enters by writing `0` to `tasks` itself: as long as it has one thread,
//! that takes no lock that waits for an RCU grace period, which a write to `cgroup.procs` does
//! (about 11 ms). On version 2 it is cloned into the directory.

mod devices;
mod files;
mod hierarchies;
mod limits;
mod processes;

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use palan_linux::device_filter;
use palan_model::Resources;
use palan_model::run::DeviceRule;
use rustix::fs::{CWD, Mode, OFlags};

use crate::error::{ContainerError, During, StartError};
use files::write;
use hierarchies::{Hierarchies, V1};
use limits::{Absent, Setting};

/// Controllers of version 2 that are switched on for containers where they exist.
const V2_CONTROLLERS: [&str; 5] = ["cpu", "memory", "pids", "cpuset", "io"];

/// The cgroup of one container.
#[derive(Debug)]
pub(crate) struct Cgroup {
    v1: Vec<V1Directory>,
    v2: Option<PathBuf>,
    /// Version 2 has the controllers that version 1 has not.
    v2_controllers: Vec<&'static str>,
}

#[derive(Debug)]
struct V1Directory {
    hierarchy: V1,
    path: PathBuf,
}

impl Cgroup {
    /// Makes the directories and sets the limits.
    pub(crate) fn create(
        path: &str,
        resources: &Resources,
        rules: &[DeviceRule],
    ) -> Result<Self, StartError> {
        let cgroup = Self::at(path).during(|| "reading /proc/self/mountinfo".to_owned())?;
        let made = cgroup
            .make_directories()
            .and_then(|()| cgroup.limit(resources).map_err(|error| refused(&error)))
            .and_then(|()| cgroup.allow_devices(rules));
        if let Err(error) = made {
            // The error that is reported is the first one.
            let _ = cgroup.remove_directories();
            return Err(error);
        }
        Ok(cgroup)
    }

    /// The cgroup at a path of every hierarchy, which may exist or not.
    pub(crate) fn at(path: &str) -> io::Result<Self> {
        // One read: the kernel makes the text anew from the beginning for each.
        let mut mountinfo = String::with_capacity(32 * 1024);
        fs::File::open("/proc/self/mountinfo")?.read_to_string(&mut mountinfo)?;
        let found = Hierarchies::parse(&mountinfo);
        let path = path.trim_start_matches('/');
        let v1_has = |name: &str| {
            let name = if name == "io" { "blkio" } else { name };
            found.v1.iter().any(|v1| v1.has(name))
        };
        let v2_controllers = V2_CONTROLLERS
            .into_iter()
            .filter(|name| !v1_has(name))
            .collect();
        let v1 = found.v1.iter().map(|hierarchy| V1Directory {
            path: hierarchy.mount.join(path),
            hierarchy: hierarchy.clone(),
        });
        Ok(Self {
            v1: v1.collect(),
            v2: found.v2.map(|mount| mount.join(path)),
            v2_controllers,
        })
    }

    fn make_directories(&self) -> Result<(), StartError> {
        for directory in &self.v1 {
            make_leaf(&directory.path).during(|| creating(&directory.path))?;
            if directory.hierarchy.has("cpuset") {
                files::inherit_cpuset(&directory.path)
                    .during(|| format!("inheriting the CPUs of {}", directory.path.display()))?;
            }
        }
        if let Some(path) = &self.v2 {
            make_leaf(path).during(|| creating(path))?;
            if !self.v2_controllers.is_empty() {
                files::enable_controllers(path, &self.v2_controllers);
            }
        }
        Ok(())
    }

    /// Sets limits, at the start or later. What is zero or none is left as it is.
    pub(crate) fn limit(&self, resources: &Resources) -> Result<(), ContainerError> {
        for directory in &self.v1 {
            for controller in &directory.hierarchy.controllers {
                apply(&directory.path, &limits::plan_v1(controller, resources))?;
            }
        }
        if let Some(path) = &self.v2 {
            for controller in &self.v2_controllers {
                apply(path, &limits::plan_v2(controller, resources))?;
            }
        }
        Ok(())
    }

    fn allow_devices(&self, rules: &[DeviceRule]) -> Result<(), StartError> {
        if rules.is_empty() {
            return Ok(());
        }
        if let Some(directory) = self.v1.iter().find(|one| one.hierarchy.has("devices")) {
            write_rules(&directory.path, rules).map_err(|error| refused(&error))?;
        } else if let Some(path) = &self.v2 {
            let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
            rustix::fs::openat(CWD, path, flags, Mode::empty())
                .map_err(io::Error::from)
                .and_then(|fd| device_filter::attach(fd, &devices::program_v2(rules)))
                .during(|| format!("attaching a device filter to {}", path.display()))?;
        }
        Ok(())
    }

    /// The directory to clone into.
    pub(crate) fn v2_directory(&self) -> io::Result<Option<OwnedFd>> {
        let Some(path) = &self.v2 else {
            return Ok(None);
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Some(rustix::fs::openat(CWD, path, flags, Mode::empty())?))
    }

    /// The files to which a single-threaded process writes `0` to enter: see [`enter`].
    pub(crate) fn v1_tasks(&self) -> io::Result<Vec<OwnedFd>> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let open = |directory: &V1Directory| {
            rustix::fs::openat(CWD, directory.path.join("tasks"), flags, Mode::empty())
        };
        Ok(self.v1.iter().map(open).collect::<Result<_, _>>()?)
    }

    /// Name and path of each version 1 directory, as they appear in the container's
    /// `/sys/fs/cgroup`.
    pub(crate) fn v1_directories(&self) -> impl Iterator<Item = (&str, &[String], &Path)> {
        self.v1.iter().filter_map(|directory| {
            let name = directory.hierarchy.mount.file_name()?.to_str()?;
            Some((
                name,
                directory.hierarchy.controllers.as_slice(),
                directory.path.as_path(),
            ))
        })
    }

    /// Does the host have version 2 only?
    pub(crate) fn is_unified(&self) -> bool {
        self.v1.is_empty()
    }
}

/// Each rule is one write; the file stays open for the next one.
fn write_rules(directory: &Path, rules: &[DeviceRule]) -> Result<(), ContainerError> {
    let mut open: Option<(&str, fs::File)> = None;
    for rule in rules {
        let (name, line) = devices::line_v1(rule);
        let path = directory.join(name);
        let failed = |source| files::failed(&path, source);
        let file = match &mut open {
            Some((opened, file)) if *opened == name => file,
            _ => {
                let file = fs::OpenOptions::new().write(true).open(&path);
                &mut open.insert((name, file.map_err(failed)?)).1
            }
        };
        file.write_all(line.as_bytes()).map_err(failed)?;
    }
    Ok(())
}

/// Enters the cgroups whose `tasks` files are given.
pub(crate) fn enter(tasks: &[OwnedFd]) -> io::Result<()> {
    for file in tasks {
        rustix::io::write(file, b"0")?;
    }
    Ok(())
}

fn creating(path: &Path) -> String {
    format!("creating cgroup {}", path.display())
}

fn refused(error: &ContainerError) -> StartError {
    match error {
        ContainerError::Cgroup { path, source } => {
            StartError::refused(128, palan_model::ErrorKind::System, {
                format!("cgroup file {path}: {}", crate::error::text(source))
            })
        }
        ContainerError::Stuck { .. } => {
            StartError::refused(128, palan_model::ErrorKind::System, error.to_string())
        }
    }
}

/// Makes a directory, and its parents when they are missing. A stale empty one is replaced.
fn make_leaf(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(parent) = path.parent() {
                files::make_parent(parent)?;
            }
            fs::create_dir(path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_dir(path)?;
            fs::create_dir(path)
        }
        made => made,
    }
}

/// Writes settings in order. Memory and swap limits depend on each other: when the order is wrong
/// for the present values, the second is written before the first.
fn apply(directory: &Path, settings: &[Setting]) -> Result<(), ContainerError> {
    for (index, setting) in settings.iter().enumerate() {
        let mut written = write(directory, setting.file, &setting.value);
        let swap = settings
            .get(index + 1)
            .filter(|next| next.file.contains("memsw"));
        if let (Err(_), "memory.limit_in_bytes", Some(swap)) = (&written, setting.file, swap) {
            written = write(directory, swap.file, &swap.value)
                .and_then(|()| write(directory, setting.file, &setting.value));
        }
        match written {
            Err(error) if setting.absent == Absent::Skipped && is_absent(&error) => {}
            result => result?,
        }
    }
    Ok(())
}

fn is_absent(error: &ContainerError) -> bool {
    matches!(error, ContainerError::Cgroup { source, .. }
        if source.kind() == io::ErrorKind::NotFound)
}
