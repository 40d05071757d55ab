//! From the wire to the model: what a client asks for, checked as far as the wire format goes. What
//! contradicts the engine's rules is the engine's to refuse.

mod config;
mod container;
mod endpoint;
mod exec;
mod host_config;
mod mount;
mod port;
mod resources;
mod restart;
mod timestamp;

pub(crate) use container::container_spec;
pub(crate) use exec::exec_spec;
pub(crate) use timestamp::timestamp;

use palan_model::{ContainerName, Signal};

use crate::failure::Failure;

/// A container's name, with or without its leading slash.
pub(crate) fn container_name(text: &str) -> Result<ContainerName, Failure> {
    text.strip_prefix('/').unwrap_or(text).parse().map_err(|_| {
        Failure::bad_request(format!(
            "Invalid container name ({text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        ))
    })
}

/// A signal by name or number.
pub(crate) fn signal(text: &str) -> Result<Signal, Failure> {
    text.parse()
        .map_err(|_| Failure::bad_request(format!("Invalid signal: {text}")))
}

/// A number of the wire in the width that the model has for it.
fn narrow<N: TryFrom<i64>>(name: &str, value: i64) -> Result<N, Failure> {
    N::try_from(value)
        .map_err(|_| Failure::bad_request(format!("invalid value for {name}: {value}")))
}

#[cfg(test)]
mod tests;
