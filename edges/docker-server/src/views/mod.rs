//! From the model to the wire: what clients are shown, in the shape of their API version.

mod config;
mod container_inspect;
mod container_summary;
mod duration;
mod endpoint;
mod event;
mod exec;
mod host_config;
mod image;
mod image_config;
mod mount_point;
mod network;
mod network_settings;
mod progress;
mod resources;
mod volume;

pub(crate) use container_inspect::container_inspect;
pub(crate) use container_summary::container_summary;
pub(crate) use event::event_message;
pub(crate) use exec::exec_inspect;
pub(crate) use image::{Shared, history_item, image_inspect, image_summary, removal};
pub(crate) use network::network;
pub(crate) use progress::{ProgressFormat, progress_message};
pub(crate) use volume::volume;

/// What a view depends on besides the object.
#[derive(Clone, Copy)]
pub(crate) struct Viewer<'a> {
    /// What the client speaks.
    pub(crate) version: palan_docker_api::ApiVersion,
    /// The engine's settings and host.
    pub(crate) config: &'a palan_engine::EngineConfig,
    /// The time now.
    pub(crate) now: palan_model::Timestamp,
}

impl<'a> Viewer<'a> {
    /// A viewer for a request that is answered now.
    pub(crate) fn new(
        version: palan_docker_api::ApiVersion,
        engine: &'a palan_engine::Engine,
    ) -> Self {
        Self {
            version,
            config: engine.system.config(),
            now: palan_model::Timestamp::now(),
        }
    }

    /// Whether the client speaks at least version 1.`minor`.
    pub(crate) fn since(&self, minor: u16) -> bool {
        self.version >= palan_docker_api::ApiVersion::v1(minor)
    }
}

/// A list that is `null` when it is empty.
pub(crate) fn null_if_empty<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// A number of the model as wide as the wire has it; absurd sizes are cut.
pub(crate) fn wide(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
