//! The engine itself.

pub(super) mod disk_usage;
pub(super) mod events;
pub(super) mod info;
pub(super) mod ping;
pub(super) mod version;
