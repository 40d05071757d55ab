//! `GET /events`: one JSON object a line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::is_zero;

/// One event. The first three fields repeat the others for old clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EventMessage {
    /// The action, for containers and images.
    #[serde(rename = "status", skip_serializing_if = "is_zero")]
    pub status: String,
    /// The actor's identifier, for containers and images.
    #[serde(rename = "id", skip_serializing_if = "is_zero")]
    pub id: String,
    /// The image, for containers.
    #[serde(rename = "from", skip_serializing_if = "is_zero")]
    pub from: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub action: String,
    pub actor: EventActor,
    /// `local`.
    #[serde(rename = "scope", skip_serializing_if = "is_zero")]
    pub scope: String,
    /// Seconds since 1970.
    #[serde(rename = "time", skip_serializing_if = "is_zero")]
    pub time: i64,
    /// Nanoseconds since 1970.
    #[serde(rename = "timeNano", skip_serializing_if = "is_zero")]
    pub time_nano: i64,
}

/// What an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EventActor {
    #[serde(rename = "ID")]
    pub id: String,
    pub attributes: BTreeMap<String, String>,
}
