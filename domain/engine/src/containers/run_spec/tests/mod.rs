//! What the runtime is told.

mod confine;
mod devices;
mod log;
mod mounts;
mod namespaces;
mod process;

use super::super::tests::{record, texts};
