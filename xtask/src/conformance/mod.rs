//! `cargo xtask conformance <suite>`: test suites that others wrote, run on the reference engine and on Palan.
//!
//! A suite is fetched from its package registry at a pinned version; nothing of it is kept in the
//! repository but the names of its tests. What counts is the ledger `tests/conformance/<suite>.ledger`:
//! the tests that pass on both engines. It may only grow.

use anyhow::Result;
use clap::Subcommand;

mod docker_py;
mod ledger;
mod pytest;
mod source;

#[derive(Subcommand)]
pub enum Suite {
    /// The integration tests of Docker's library for Python
    DockerPy(docker_py::Options),
}

/// Runs the suite.
///
/// # Errors
/// When a test of the ledger no longer passes on Palan, or the suite cannot be run.
pub fn run(suite: &Suite) -> Result<()> {
    match suite {
        Suite::DockerPy(options) => docker_py::run(options),
    }
}
