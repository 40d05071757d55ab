//! Harness of the end-to-end tests: the same scenario on the reference engine and on Palan.
//!
//! The reference is Debian's dockerd. Each engine runs in a sandbox of its own (network and mount
//! namespace), so that nothing reaches the machine's interfaces or firewall, and both are driven by
//! Docker's command line. Owns no test: those are in `tests/e2e/`.
//!
//! ```text
//! Sandbox <- Engine (reference | palan) <- Session (runs commands, writes a transcript)
//!                                            compare: transcripts and documents of both
//! ```

mod cgroups;
mod compare;
mod engine;
mod interactive;
mod leaks;
mod normalize;
mod output;
mod poll;
mod registry;
mod sandbox;
mod session;
mod settings;

pub use cgroups::TopLevelCgroups;
pub use compare::{Scenario, run_scenario};
pub use engine::{Engine, Kind};
pub use interactive::Interactive;
pub use leaks::Inventory;
pub use normalize::Normalizer;
pub use output::Output;
pub use poll::wait_until;
pub use registry::Registry;
pub use sandbox::Sandbox;
pub use session::Session;
pub use settings::{Client, Engines, Settings, fixture};
