//! `POST /containers/create`.

use serde::{Deserialize, Serialize};

use super::{ContainerConfig, HostConfig};
use crate::go_json;
use crate::network::NetworkingConfig;

/// The request: the fields of [`ContainerConfig`] with two more beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ContainerCreateRequest {
    /// The portable half.
    #[serde(flatten)]
    pub config: ContainerConfig,
    /// The half that belongs to the host.
    #[serde(rename = "HostConfig", skip_serializing_if = "Option::is_none")]
    pub host_config: Option<HostConfig>,
    /// Wanted attachments.
    #[serde(rename = "NetworkingConfig", skip_serializing_if = "Option::is_none")]
    pub networking_config: Option<NetworkingConfig>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Beside {
    host_config: Option<HostConfig>,
    networking_config: Option<NetworkingConfig>,
}

impl ContainerCreateRequest {
    /// Decodes a request's body.
    ///
    /// # Errors
    /// When it is not JSON or a field has another type.
    pub fn from_slice(body: &[u8]) -> Result<Self, go_json::Error> {
        let value = go_json::parse(body)?;
        let config = go_json::from_value(value.clone())?;
        let beside: Beside = go_json::from_value(value)?;
        Ok(Self {
            config,
            host_config: beside.host_config,
            networking_config: beside.networking_config,
        })
    }
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerCreateResponse {
    pub id: String,
    pub warnings: Vec<String>,
}
