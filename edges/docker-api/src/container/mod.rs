//! Containers: requests and answers of `/containers/..`.

mod config;
mod create;
mod host_config;
mod inspect;
mod mount;
mod network_settings;
mod port;
mod prune;
mod state;
mod summary;
mod top;
mod wait;

pub use config::{ContainerConfig, HealthConfig};
pub use create::{ContainerCreateRequest, ContainerCreateResponse};
pub use host_config::{
    DeviceMapping, DeviceRequest, HostConfig, LogConfig, RestartPolicy, ThrottleDevice, Ulimit,
    WeightDevice,
};
pub use inspect::{ContainerInspect, GraphDriver};
pub use mount::{
    BindOptions, ImageOptions, Mount, MountPoint, TmpfsOptions, VolumeDriver, VolumeOptions,
};
pub use network_settings::{NetworkSettings, SecondaryAddress};
pub use port::{PortBinding, PortMap, PortSummary};
pub use prune::ContainerPruneResponse;
pub use state::{ContainerState, Health, HealthcheckResult};
pub use summary::{ContainerSummary, SummaryHostConfig, SummaryNetworkSettings};
pub use top::ContainerTopResponse;
pub use wait::{ContainerWaitResponse, WaitExitError};
