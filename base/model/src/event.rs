//! What happened, as `events` reports it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Kind of object an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum ObjectType {
    Builder,
    Container,
    Daemon,
    Image,
    Network,
    Volume,
}

impl ObjectType {
    /// Docker's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builder => "builder",
            Self::Container => "container",
            Self::Daemon => "daemon",
            Self::Image => "image",
            Self::Network => "network",
            Self::Volume => "volume",
        }
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Kind of object.
    pub object: ObjectType,
    /// What happened, for example `start` or `exec_create: sh`.
    pub action: String,
    /// Identifier of the object (volumes and images: their name or digest).
    pub id: String,
    /// Labels, image, name, exit code and so on.
    pub attributes: BTreeMap<String, String>,
    /// When.
    pub time: Timestamp,
}
