//! `Config` of an image, in its two shapes.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::container::{ContainerConfig, HealthConfig};
use crate::{Empty, is_zero};

/// Defaults of an image's containers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ImageConfig {
    /// Before 1.50: all fields of a container's configuration.
    Container(Box<ContainerConfig>),
    /// Since 1.50: those that the image sets.
    Oci(Box<OciImageConfig>),
}

impl<'de> Deserialize<'de> for ImageConfig {
    /// Reads either shape as a container's configuration, which has every field.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ContainerConfig::deserialize(deserializer).map(|config| Self::Container(Box::new(config)))
    }
}

/// The configuration of an OCI image with Docker's additions. What is not set is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct OciImageConfig {
    #[serde(skip_serializing_if = "is_zero")]
    pub user: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub exposed_ports: BTreeMap<String, Empty>,
    #[serde(skip_serializing_if = "is_zero")]
    pub env: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub entrypoint: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub cmd: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub volumes: BTreeMap<String, Empty>,
    #[serde(skip_serializing_if = "is_zero")]
    pub working_dir: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub stop_signal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthConfig>,
    #[serde(skip_serializing_if = "is_zero")]
    pub on_build: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub shell: Vec<String>,
}
