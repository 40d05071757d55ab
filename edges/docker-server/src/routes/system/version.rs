//! `GET /version`.

use std::collections::BTreeMap;

use http::StatusCode;
use palan_docker_api::ApiVersion;
use palan_docker_api::system::{ComponentVersion, PlatformName, SystemVersion};
use palan_model::platform::Platform;

use crate::DOCKER_VERSION;
use crate::request::Call;
use crate::response::{Answer, json};

pub(in crate::routes) fn call(call: &Call) -> Answer {
    let host = &call.engine.system.config().host;
    let built = call.engine.system.config().built;
    let built = built.map(|built| built.to_string()).unwrap_or_default();
    let arch = Platform::host().architecture;
    let component =
        |name: &str, version: &str, details: BTreeMap<String, String>| ComponentVersion {
            name: name.to_owned(),
            version: version.to_owned(),
            details,
        };
    let details = [
        ("ApiVersion", ApiVersion::CURRENT.to_string()),
        ("Arch", arch.clone()),
        ("BuildTime", built.clone()),
        ("Experimental", "false".to_owned()),
        ("KernelVersion", host.kernel.clone()),
        ("MinAPIVersion", ApiVersion::MINIMUM.to_string()),
        ("Os", "linux".to_owned()),
    ];
    let details = details.map(|(key, value)| (key.to_owned(), value)).into();
    let response = SystemVersion {
        platform: PlatformName {
            name: format!("Palan {}", env!("CARGO_PKG_VERSION")),
        },
        components: vec![
            component("Engine", DOCKER_VERSION, details),
            component("palan", env!("CARGO_PKG_VERSION"), BTreeMap::new()),
        ],
        version: DOCKER_VERSION.to_owned(),
        api_version: ApiVersion::CURRENT.to_string(),
        min_api_version: ApiVersion::MINIMUM.to_string(),
        os: "linux".to_owned(),
        arch,
        kernel_version: host.kernel.clone(),
        build_time: built,
        ..SystemVersion::default()
    };
    json(StatusCode::OK, &response).into()
}
