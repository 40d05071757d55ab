//! The vocabulary of Palan: identifiers, names, specifications, statuses and records that the
//! layers exchange.
//!
//! Everything here is plain data with its validation. Nothing here performs an effect on the
//! host, and nothing here knows HTTP: the Docker wire format lives in `edges/docker-api`.
//!
//! Suffixes: `Spec` is what was asked, `Status` what was observed, `Record` what is stored.

pub mod container;
pub mod digest;
pub mod error;
pub mod event;
pub mod exec;
pub mod host;
pub mod id;
pub mod image;
pub mod image_config;
pub mod log;
pub mod mount;
pub mod name;
pub mod network;
pub mod oci;
pub mod platform;
pub mod port;
pub mod process;
pub mod reference;
pub mod resources;
pub mod run;
pub mod runner;
pub mod signal;
pub mod volume;

pub use container::{ContainerConfig, ContainerRecord, ContainerSpec, ContainerState};
pub use digest::{ChainId, Digest};
pub use error::ErrorKind;
pub use event::Event;
pub use exec::{ExecRecord, ExecSpec};
pub use host::HostConfig;
pub use id::{ContainerId, ExecId, NetworkId};
pub use image::{ImageId, ImageRecord};
pub use image_config::{ParsedImageConfig, parse_image_config};
pub use jiff::Timestamp;
pub use name::{ContainerName, VolumeName};
pub use reference::Reference;
pub use resources::Resources;
pub use run::{ProcessSpec, RootfsSpec, RunSpec};
pub use signal::Signal;
