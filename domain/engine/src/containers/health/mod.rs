//! Health checks: a program run in the container again and again, and what its ends say.
//!
//! ```text
//! Monitor (task) --probe, an exec--> container
//!    |
//!    +--ProbeResult--> Actor --Health::take--> status, events
//! ```
//!
//! The task only runs probes; the container's actor owns the health and shows it in its status.
//! Health is kept in memory: a new engine begins again with `starting`.

mod checks;
mod monitor;
mod output;
mod plan;
mod status;
#[cfg(test)]
mod tests;

pub(super) use checks::Checks;
pub use status::{Health, HealthStatus, ProbeResult};
