//! The container's root file system with everything mounted on it.
//!
//! Works in the container's own mount namespace, in this order:
//!
//! ```text
//! open the sources of binds        host paths are still there
//! cut propagation to the host      nothing mounted later is seen outside
//! overlay, pivot_root              the host's tree is gone from here on
//! mounts in the order of the spec  every path is resolved inside the root
//! devices, links, sysctls
//! (terminal: see `terminal.rs`)
//! read-only paths, masks, read-only root
//! ```
//!
//! Since the root changes before the first mount, no link in an image can lead to the host: there
//! is no host to lead to.

mod bind;
mod cgroup;
mod copy_up;
mod devices;
mod filesystem;
mod hidden;
mod options;
mod overlay;
mod targets;

use std::borrow::Cow;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use palan_linux::mounts::Reach;
use palan_model::RunSpec;
use palan_model::run::{DeviceNode, Mount};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{
    MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, move_mount, open_tree,
};

use crate::cgroups::Cgroup;
use crate::error::{During, StartError};
use cgroup::Directory;
use options::Options;

pub(crate) use devices::attach;
pub(crate) use targets::{Kind, ensure};

/// Where our own program is seen as the container's init.
pub(crate) const INIT_PATH: &str = "/sbin/docker-init";

/// What will be done: made before the process exists.
pub(crate) struct Plan<'a> {
    spec: &'a RunSpec,
    mounts: Vec<(Cow<'a, Mount>, Options)>,
    nodes: Vec<DeviceNode>,
    /// Our own program, as a detached mount: in the new namespace it could not be reached by
    /// `/proc/self/exe` any more.
    init: Option<OwnedFd>,
}

/// What a mount needs of the host.
enum Source {
    /// Nothing: a new file system.
    New,
    /// A detached copy of a mount.
    Tree(OwnedFd),
    /// A new file system that is mounted nowhere yet. The kernel makes `proc` and `sysfs` in a user
    /// namespace only while the host's are in sight.
    Detached(OwnedFd),
    /// The container's directory in each hierarchy of version 1.
    Cgroups(Vec<Directory>),
}

/// Reads the specification.
pub(crate) fn plan(spec: &RunSpec) -> Result<Plan<'_>, StartError> {
    let mounts = spec.mounts.iter().map(Cow::Borrowed);
    let init = spec.init.then(init_mount).map(Cow::Owned);
    Ok(Plan {
        spec,
        mounts: mounts.chain(init).map(parse).collect(),
        nodes: devices::plan(&spec.devices),
        init: match spec.init {
            true => Some(own_program().during(|| "opening /proc/self/exe".to_owned())?),
            false => None,
        },
    })
}

fn init_mount() -> Mount {
    Mount {
        destination: INIT_PATH.to_owned(),
        kind: "bind".to_owned(),
        source: PathBuf::from("/proc/self/exe"),
        options: vec!["bind".to_owned(), "ro".to_owned()],
        copy_up: false,
    }
}

fn own_program() -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    Ok(open_tree(CWD, "/proc/self/exe", flags)?)
}

fn parse(mount: Cow<'_, Mount>) -> (Cow<'_, Mount>, Options) {
    let mut options = Options::parse(&mount.options);
    if mount.kind == "bind" {
        options.bind.get_or_insert(Reach::Mount);
    }
    (mount, options)
}

impl Plan<'_> {
    /// Makes the root, changes into it and mounts everything. Returns it opened.
    pub(crate) fn make(&mut self, cgroup: &Cgroup) -> Result<OwnedFd, StartError> {
        let sources = self.open_sources(cgroup)?;
        let host = devices::HostNodes::open(&self.nodes, self.spec.namespaces.user.as_ref());
        let propagation = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
        rustix::mount::mount_change("/", propagation)
            .during(|| "cutting mount propagation to the host".to_owned())?;
        let root = self.enter_root()?;
        rustix::process::umask(Mode::empty());
        for ((mount, options), source) in self.mounts.iter().zip(sources) {
            mount_one(root.as_fd(), mount, options, source)?;
        }
        if self.makes_devices() {
            devices::make(root.as_fd(), &self.nodes, &host)?;
        }
        hidden::set_sysctls(root.as_fd(), &self.spec.sysctls)?;
        Ok(root)
    }

    /// Closes what must not be seen or changed.
    pub(crate) fn seal(&self, root: BorrowedFd<'_>) -> Result<(), StartError> {
        hidden::make_read_only(root, &self.spec.readonly_paths)?;
        hidden::mask(root, &self.spec.masked_paths)?;
        if self.spec.readonly_rootfs {
            hidden::seal_root(root)?;
        }
        Ok(())
    }

    /// A `/dev` of the host's is left as it is.
    fn makes_devices(&self) -> bool {
        let mut dev = self
            .mounts
            .iter()
            .filter(|(mount, _)| mount.destination == "/dev");
        !dev.any(|(_, options)| options.bind.is_some())
    }

    fn open_sources(&mut self, cgroup: &Cgroup) -> Result<Vec<Source>, StartError> {
        let mut init = self.init.take();
        let mut sources = Vec::with_capacity(self.mounts.len());
        for (mount, options) in &self.mounts {
            sources.push(
                match (
                    options.bind,
                    init.is_some() && mount.destination == INIT_PATH,
                ) {
                    (Some(_), true) => match init.take() {
                        Some(tree) => Source::Tree(tree),
                        None => Source::New,
                    },
                    (Some(reach), false) => {
                        Source::Tree(bind::open(&mount.source, reach).during(|| describe(mount))?)
                    }
                    (None, _) if mount.kind == "cgroup" && !cgroup.is_unified() => {
                        Source::Cgroups(cgroup::open(cgroup)?)
                    }
                    (None, _) if filesystem::is_kernels(mount) => Source::Detached(
                        filesystem::detached(mount, options).during(|| describe(mount))?,
                    ),
                    (None, _) => Source::New,
                },
            );
        }
        Ok(sources)
    }

    /// Mounts the root, makes it `/` and forgets the host's tree.
    fn enter_root(&self) -> Result<OwnedFd, StartError> {
        let root = overlay::make(&self.spec.rootfs)?;
        let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
        move_mount(&root.tree, "", CWD, &root.staging, flags)
            .during(|| format!("attaching the root to {}", root.staging.display()))?;
        pivot(&root.tree).during(|| "pivot_root".to_owned())?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, "/", flags, Mode::empty())
            .during(|| "opening the new root".to_owned())
    }
}

/// Puts the old root on top of the new one and takes it away (`pivot_root(2)`, "pivot_root(".",
/// ".")").
fn pivot(root: &OwnedFd) -> io::Result<()> {
    rustix::process::fchdir(root)?;
    rustix::process::pivot_root(".", ".")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    Ok(rustix::process::chdir("/")?)
}

fn mount_one(
    root: BorrowedFd<'_>,
    mount: &Mount,
    options: &Options,
    source: Source,
) -> Result<(), StartError> {
    match source {
        Source::Tree(tree) => bind::mount(root, mount, options, &tree),
        Source::Cgroups(directories) => cgroup::mount(root, mount, options, directories),
        Source::Detached(tree) => filesystem::mount_detached(root, mount, &tree),
        Source::New => filesystem::mount(root, mount, options),
    }
    .map_err(|error| with_hint(StartError::step(&describe(mount), &error), &error))
}

fn describe(mount: &Mount) -> String {
    let (source, destination) = (mount.source.display(), &mount.destination);
    format!("error mounting \"{source}\" to rootfs at \"{destination}\"")
}

/// Docker's words for the most frequent mistake.
fn with_hint(mut error: StartError, cause: &io::Error) -> StartError {
    if cause.kind() == io::ErrorKind::NotADirectory {
        error.message.push_str(
            ": Are you trying to mount a directory onto a file (or vice-versa)? Check if the \
             specified host path exists and is the expected type",
        );
    }
    error
}
