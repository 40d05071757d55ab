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

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use palan_linux::mounts::{Attributes, Reach, set_attributes};
use palan_model::RunSpec;
use palan_model::run::{DeviceNode, Mount};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{
    MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, move_mount,
    open_tree,
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
    mounts: Vec<(&'a Mount, Options)>,
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
    let init = spec.init.then(own_program).transpose();
    Ok(Plan {
        spec,
        mounts: spec.mounts.iter().map(parse).collect(),
        nodes: devices::plan(&spec.devices),
        init: init.during(|| "opening /proc/self/exe".to_owned())?,
    })
}

fn own_program() -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = open_tree(CWD, "/proc/self/exe", flags)?;
    let attributes = Attributes {
        set: u64::from(MountAttrFlags::MOUNT_ATTR_RDONLY.bits()),
        clear: 0,
        propagation: u64::from(MountPropagationFlags::PRIVATE.bits()),
    };
    set_attributes(&tree, Path::new(""), Reach::Mount, attributes)?;
    Ok(tree)
}

fn parse(mount: &Mount) -> (&Mount, Options) {
    let mut options = Options::parse(&mount.options);
    if mount.kind == "bind" {
        options.bind.get_or_insert(Reach::Mount);
    }
    (mount, options)
}

impl Plan<'_> {
    /// Makes the root, changes into it and mounts everything. Returns it opened.
    pub(crate) fn make(&self, cgroup: &Cgroup) -> Result<OwnedFd, StartError> {
        let sources = self.open_sources(cgroup)?;
        let host = devices::HostNodes::open(&self.nodes, self.spec.namespaces.user.as_ref());
        let root = self.enter_root()?;
        rustix::process::umask(Mode::empty());
        for ((mount, options), source) in self.mounts.iter().zip(&sources) {
            mount_one(root.as_fd(), mount, options, source)?;
        }
        if let Some(program) = &self.init {
            ensure(root.as_fd(), Path::new(INIT_PATH), Kind::File)
                .and_then(|target| attach(program.as_fd(), target.as_fd()))
                .during(|| format!("binding {INIT_PATH}"))?;
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

    /// Opens everything that is bound, and cuts propagation to the host. What shall be a peer of the
    /// host's mount is opened before the cut; everything else can at most follow it.
    fn open_sources(&self, cgroup: &Cgroup) -> Result<Vec<Source>, StartError> {
        let mut shared = VecDeque::new();
        for (mount, options) in self
            .mounts
            .iter()
            .filter(|(_, options)| options.is_shared())
        {
            shared.push_back(open_source(mount, options, cgroup)?);
        }
        let propagation = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
        rustix::mount::mount_change("/", propagation)
            .during(|| "cutting mount propagation to the host".to_owned())?;
        let mut sources = Vec::with_capacity(self.mounts.len());
        for (mount, options) in &self.mounts {
            let opened = options.is_shared().then(|| shared.pop_front()).flatten();
            sources.push(match opened {
                Some(source) => source,
                None => open_source(mount, options, cgroup)?,
            });
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

fn open_source(mount: &Mount, options: &Options, cgroup: &Cgroup) -> Result<Source, StartError> {
    let source = match options.bind {
        Some(reach) => bind::open(&mount.source, reach).map(Source::Tree),
        None if mount.kind == "cgroup" && !cgroup.is_unified() => {
            cgroup::open(cgroup).map(Source::Cgroups)
        }
        None if filesystem::is_kernels(mount) => {
            filesystem::detached(mount, options).map(Source::Detached)
        }
        None => Ok(Source::New),
    };
    source.during(|| describe(mount))
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
    source: &Source,
) -> Result<(), StartError> {
    match source {
        Source::Tree(tree) => bind::mount(root, mount, options, tree),
        Source::Cgroups(directories) => cgroup::mount(root, mount, options, directories),
        Source::Detached(tree) => filesystem::mount_detached(root, mount, tree),
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
