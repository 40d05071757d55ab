use palan_docker_api::ApiVersion;
use palan_docker_api::container::ContainerCreateRequest;
use palan_model::host::RestartMode;
use palan_model::mount::MountSource;
use palan_model::{ContainerSpec, Timestamp};

use super::*;
use crate::query::Query;

fn spec(json: &str) -> Result<ContainerSpec, String> {
    let request = ContainerCreateRequest::from_slice(json.as_bytes()).unwrap();
    let query = Query::parse("name=/web&platform=");
    container_spec(request, &query, ApiVersion::CURRENT).map_err(|failure| failure.message)
}

#[test]
fn a_request_of_the_command_line_is_read() {
    let spec = spec(
        r#"{"Image":"busybox","Cmd":"true","Env":["A=b"],"ExposedPorts":{"80/tcp":{},"90-91/udp":{}},
            "HostConfig":{"Binds":["/tmp:/host:ro"],"Memory":67108864,"Ulimits":[{"Name":"nofile","Soft":1,"Hard":2}],
            "PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"18080"},{"HostPort":"8000-8010"},{"HostPort":""}]},
            "RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3},
            "Mounts":[{"Type":"volume","Source":"v","Target":"/v","ReadOnly":true}]},
            "NetworkingConfig":{"EndpointsConfig":{"bridge":{"IPAMConfig":{"IPv4Address":"172.17.0.9"}}}}}"#,
    )
    .unwrap();
    assert_eq!(spec.name.unwrap().as_str(), "web");
    assert_eq!(spec.platform, None);
    assert_eq!(spec.config.cmd.unwrap(), ["true"]);
    let ports: Vec<_> = spec
        .config
        .exposed_ports
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(ports, ["80/tcp", "90/udp", "91/udp"]);
    assert_eq!(spec.host.network_mode, "default");
    assert_eq!(spec.host.resources.memory, 64 << 20);
    assert_eq!(spec.host.resources.ulimits[0].hard, 2);
    assert_eq!(spec.host.restart_policy.mode, RestartMode::OnFailure);
    let bindings = &spec.host.port_bindings[&"80/tcp".parse().unwrap()];
    assert_eq!(bindings[0].host_port, Some(18080));
    assert_eq!(
        (bindings[1].host_port, bindings[1].host_port_end),
        (Some(8000), Some(8010))
    );
    assert_eq!(bindings[2], palan_model::port::PortBinding::default());
    assert!(spec.host.mounts[0].read_only);
    assert!(
        matches!(&spec.host.mounts[0].source, MountSource::Volume { name: Some(name), .. } if name == "v")
    );
    assert_eq!(
        spec.networks["bridge"].ipv4_address,
        Some([172, 17, 0, 9].into())
    );
}

#[test]
fn wrong_requests_are_refused_in_dockers_words() {
    let cases = [
        (
            r#"{"HostConfig":{"RestartPolicy":{"Name":"x"}}}"#,
            "invalid restart policy 'x'",
        ),
        (
            r#"{"HostConfig":{"RestartPolicy":{"Name":"always","MaximumRetryCount":1}}}"#,
            "invalid restart policy: maximum retry count can only be used with 'on-failure'",
        ),
        (
            r#"{"HostConfig":{"Mounts":[{"Type":"bind","Target":"/x"}]}}"#,
            "invalid mount config for type \"bind\": field Source must not be empty",
        ),
        (
            r#"{"ExposedPorts":{"x/tcp":{}}}"#,
            "invalid port specification: \"x/tcp\"",
        ),
        (
            r#"{"HostConfig":{"DeviceRequests":[{"Driver":"","Capabilities":[["gpu"]]}]}}"#,
            "could not select device driver \"\" with capabilities: [[gpu]]",
        ),
    ];
    for (json, message) in cases {
        assert_eq!(spec(json).unwrap_err(), message);
    }
    assert_eq!(
        container_name("-x").unwrap_err().message,
        "Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
    );
}

#[test]
fn times_have_fractions() {
    let at = |text| timestamp(Some(text)).map_err(|failure| failure.message);
    assert_eq!(at("1.5"), Ok(Some(Timestamp::new(1, 500_000_000).unwrap())));
    assert_eq!(at("12.000000001"), Ok(Some(Timestamp::new(12, 1).unwrap())));
    assert_eq!(
        at("xx").unwrap_err(),
        "strconv.ParseInt: parsing \"xx\": invalid syntax"
    );
    assert_eq!(timestamp(None).unwrap(), None);
}
