//! The engine itself: `/info`, `/version`, `/events`, `/system/df`.

mod disk_usage;
mod event;
mod info;
mod version;

pub use disk_usage::{BuildCacheEntry, DiskUsage};
pub use event::{EventActor, EventMessage};
pub use info::{
    Commit, IndexInfo, PluginsInfo, RegistryConfig, RuntimeInfo, SwarmInfo, SystemInfo,
};
pub use version::{ComponentVersion, PlatformName, SystemVersion};
