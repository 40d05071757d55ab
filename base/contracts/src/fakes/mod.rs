//! In-memory drivers, for tests of whatever stands above the contracts.
//!
//! All of them share one [`World`]: what would be on the host. It outlives the engine, so a test can
//! let an engine die at any step, as `kill -9` would, and look at what the next one makes of it.

mod content;
mod host;
mod network;
mod runtime;
mod storage;
mod world;

pub use network::Attached;
pub use runtime::{ExecProgram, FakeRun, Program};
pub use world::World;
