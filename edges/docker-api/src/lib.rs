//! The wire format of Docker's Engine API, versions 1.24 to 1.51: the table of endpoints, the JSON
//! documents, the encodings of streams, and a client.
//!
//! Documents mirror what dockerd sends: field order, explicit `null`, zeros and empty lists
//! included. They are decoded with [`go_json`], which is as lenient as Go's decoder. Nothing here
//! decides anything about containers; the server translates between these documents and
//! `palan-model`.

pub mod client;
pub mod container;
pub mod endpoint;
pub mod error;
pub mod exec;
pub mod go_json;
pub mod image;
pub mod network;
pub mod progress;
pub mod stdio;
pub mod system;
pub mod time;
pub mod version;
pub mod volume;

pub use endpoint::Endpoint;
pub use error::ErrorResponse;
pub use version::ApiVersion;

use serde::{Deserialize, Serialize};

/// The value of a set's member in Go's `map[string]struct{}`: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// Whether a value is its type's zero: the condition of Go's `omitempty`.
pub(crate) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
