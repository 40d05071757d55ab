//! Writable layers, other files of containers, and volumes: directories below the data root.
//!
//! ```text
//! <data root>/containers/<id>/upper    what the container changed
//!                             work     overlayfs's own
//!                             ..       configuration files, log
//!             volumes/<name>/_data     a volume's data
//!             trash/                   what is being deleted
//! ```
//!
//! Nothing is mounted here, and nothing is synced: a container that was created in the second
//! before a power failure may come back without its directory, and then it is made again.

mod disk_usage;
mod error;
mod prepare;
mod snapshots;
mod volumes;
mod write_file;

pub use error::SnapshotsError;
pub use snapshots::OverlaySnapshots;
pub use volumes::LocalVolumes;
