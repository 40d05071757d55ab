//! What Palan decides: the life of containers, images, volumes and networks.
//!
//! This crate holds the rules and the order of steps. Every effect on the host goes through a
//! contract of `palan-contracts`; every step that changes something has its undo or is made good by
//! [`reconcile`]. It knows neither HTTP nor Docker's JSON nor any kernel interface.
//!
//! ```text
//! Engine --+-- containers   one actor for each container; create, start, exit, remove
//!          +-- execs        processes beside the first
//!          +-- images       names, records, pull, load, import
//!          +-- volumes
//!          +-- networks     records, addresses
//!          +-- events       what happened, kept for late readers
//!          +-- system       facts and counts
//! ```
//!
//! Invariant: what a client was told is in the state store, and whatever exists on the host belongs
//! to a record there, or is removed when the next engine starts.

pub mod containers;
mod drivers;
mod engine;
mod error;
pub mod events;
pub mod execs;
pub mod filter;
pub mod images;
pub mod networks;
mod records;
pub mod system;
mod task;
pub mod volumes;

pub use drivers::{Drivers, EngineConfig};
pub use engine::Engine;
pub use error::{Error, Result};
pub use filter::Filters;
