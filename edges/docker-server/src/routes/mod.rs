//! One file for each operation, named as the operation is. A route reads the request, calls the
//! engine once, and writes the answer.

mod containers;
mod exec;
mod images;
mod networks;
mod system;
mod volumes;

use palan_docker_api::Endpoint;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::Answer;

/// Calls the route of an endpoint.
pub(crate) async fn call(endpoint: Endpoint, call: Call) -> Result<Answer, Failure> {
    match endpoint {
        Endpoint::Ping | Endpoint::PingHead => Ok(system::ping::call(endpoint)),
        Endpoint::SystemVersion => Ok(system::version::call(&call)),
        Endpoint::SystemInfo => Ok(system::info::call(&call)),
        Endpoint::SystemEvents => system::events::call(&call),
        Endpoint::SystemDiskUsage => system::disk_usage::call(&call).await,

        Endpoint::ContainerList => containers::list::call(&call).await,
        Endpoint::ContainerCreate => containers::create::call(call).await,
        Endpoint::ContainerPrune => containers::prune::call(&call).await,
        Endpoint::ContainerInspect => containers::inspect::call(&call).await,
        Endpoint::ContainerTop => containers::top::call(&call).await,
        Endpoint::ContainerLogs => containers::logs::call(&call).await,
        Endpoint::ContainerStart => containers::start::call(&call).await,
        Endpoint::ContainerStop => containers::stop::call(&call).await,
        Endpoint::ContainerRestart => containers::restart::call(&call).await,
        Endpoint::ContainerKill => containers::kill::call(&call).await,
        Endpoint::ContainerRename => containers::rename::call(&call).await,
        Endpoint::ContainerPause => containers::pause::call(&call).await,
        Endpoint::ContainerUnpause => containers::unpause::call(&call).await,
        Endpoint::ContainerAttach => containers::attach::call(&call).await,
        Endpoint::ContainerResize => containers::resize::call(&call).await,
        Endpoint::ContainerWait => containers::wait::call(call).await,
        Endpoint::ContainerDelete => containers::delete::call(&call).await,

        Endpoint::ExecCreate => exec::create::call(call).await,
        Endpoint::ExecStart => exec::start::call(call).await,
        Endpoint::ExecResize => exec::resize::call(&call).await,
        Endpoint::ExecInspect => exec::inspect::call(&call),

        Endpoint::ImageList => images::list::call(&call),
        Endpoint::ImageCreate => images::create::call(call).await,
        Endpoint::ImageLoad => images::load::call(call).await,
        Endpoint::ImagePrune => images::prune::call(&call).await,
        Endpoint::ImageInspect => images::inspect::call(&call),
        Endpoint::ImageHistory => images::history::call(&call),
        Endpoint::ImageTag => images::tag::call(&call).await,
        Endpoint::ImageDelete => images::delete::call(&call).await,

        Endpoint::VolumeList => volumes::list::call(&call),
        Endpoint::VolumeCreate => volumes::create::call(call).await,
        Endpoint::VolumePrune => volumes::prune::call(&call).await,
        Endpoint::VolumeInspect => volumes::inspect::call(&call),
        Endpoint::VolumeDelete => volumes::delete::call(&call).await,

        Endpoint::NetworkList => networks::list::call(&call),
        Endpoint::NetworkInspect => networks::inspect::call(&call),
    }
}
