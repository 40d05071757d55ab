//! Facts about the host and counts of what there is.

use std::sync::Arc;

use palan_model::container::Phase;

use crate::containers::Containers;
use crate::drivers::EngineConfig;
use crate::images::Images;

/// What the application found out about the host when it started.
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
    /// Host name.
    pub name: String,
    /// Kernel release.
    pub kernel: String,
    /// For example `Debian GNU/Linux 12 (bookworm)`.
    pub operating_system: String,
    /// `VERSION_ID` of os-release.
    pub os_version: String,
    /// Kernel's name of the processor architecture, for example `x86_64`.
    pub machine: String,
    /// Processors.
    pub cpus: usize,
    /// Bytes of memory.
    pub memory: u64,
    /// 1 or 2.
    pub cgroup_version: u8,
    /// File system below the data root, for example `extfs`.
    pub backing_filesystem: String,
    /// Subsystems of the cgroup that can limit.
    pub limits: Limits,
}

/// Which limits the host can enforce.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Limits {
    pub memory: bool,
    pub swap: bool,
    pub cpu_quota: bool,
    pub cpu_shares: bool,
    pub cpuset: bool,
    pub pids: bool,
    pub ipv4_forwarding: bool,
}

/// Counts and facts for `info`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Info {
    pub id: String,
    pub running: usize,
    pub paused: usize,
    pub stopped: usize,
    pub images: usize,
    pub config: Arc<EngineConfig>,
}

/// Answers questions about the engine as a whole.
#[derive(Clone)]
pub struct System {
    id: Arc<str>,
    config: Arc<EngineConfig>,
    containers: Containers,
    images: Images,
}

impl System {
    pub(crate) fn new(
        id: String,
        config: Arc<EngineConfig>,
        containers: Containers,
        images: Images,
    ) -> Self {
        Self {
            id: id.into(),
            config,
            containers,
            images,
        }
    }

    /// Counts now.
    #[must_use]
    pub fn info(&self) -> Info {
        let mut info = Info {
            id: self.id.to_string(),
            running: 0,
            paused: 0,
            stopped: 0,
            images: self.images.count(),
            config: self.config.clone(),
        };
        for phase in self.containers.phases() {
            match phase {
                Phase::Running | Phase::Restarting => info.running += 1,
                Phase::Paused => info.paused += 1,
                _ => info.stopped += 1,
            }
        }
        info
    }

    /// The engine's settings and the host's facts.
    #[must_use]
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }
}
