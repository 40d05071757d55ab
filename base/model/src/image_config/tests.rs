use super::*;

const LAYER: &str = "sha256:0123456789012345678901234567890123456789012345678901234567890123";

#[test]
fn a_docker_image_is_read() {
    let text = format!(
        r#"{{"architecture":"arm64","variant":"v8","os":"linux","created":"2024-05-01T10:00:00.123456789Z",
        "author":"me","config":{{"Hostname":"","User":"www","ExposedPorts":{{"80/tcp":{{}},"8000-8002/udp":{{}}}},
        "Env":["PATH=/bin","A=b"],"Cmd":["nginx"],"Entrypoint":null,"Volumes":{{"/data":{{}}}},"WorkingDir":"/srv",
        "Labels":{{"k":"v","Env":"x"}},"OnBuild":null,"StopSignal":"SIGQUIT","StopTimeout":5,
        "Healthcheck":{{"Test":["CMD","true"],"Interval":30000000000,"Retries":3}},"ArgsEscaped":true}},
        "rootfs":{{"type":"layers","diff_ids":["{LAYER}"]}},
        "history":[{{"created":"2024-05-01T10:00:00Z","created_by":"ADD"}},{{"created_by":"CMD","empty_layer":true}}]}}"#
    );
    let parsed = parse_image_config(text.as_bytes()).unwrap();
    assert_eq!(
        parsed.created.unwrap().to_string(),
        "2024-05-01T10:00:00.123456789Z"
    );
    assert_eq!(
        (parsed.architecture.as_str(), parsed.variant.as_str()),
        ("arm64", "v8")
    );
    assert_eq!(parsed.diff_ids, [LAYER.parse().unwrap()]);
    assert!(parsed.history[1].empty_layer);
    let config = parsed.config.unwrap();
    let ports: Vec<String> = config.exposed_ports.iter().map(Port::to_string).collect();
    assert_eq!(ports, ["80/tcp", "8000/udp", "8001/udp", "8002/udp"]);
    assert_eq!(config.cmd, Some(vec!["nginx".to_owned()]));
    assert_eq!(config.entrypoint, None);
    assert_eq!(config.labels["Env"], "x");
    assert_eq!(config.stop_signal.as_deref(), Some("SIGQUIT"));
    assert_eq!(config.stop_timeout, Some(5));
    assert_eq!(config.healthcheck.unwrap().interval, 30_000_000_000);
    assert!(config.volumes.contains("/data"));
}

#[test]
fn null_is_absent_everywhere() {
    let text = r#"{"architecture":null,"os":null,"created":null,"author":null,"comment":null,"variant":null,
        "config":{"Hostname":null,"User":null,"ExposedPorts":null,"Env":null,"Cmd":null,"Volumes":null,
        "WorkingDir":null,"Labels":{"a":null},"StopSignal":null,"StopTimeout":null,"Shell":null,
        "Healthcheck":{"Test":null,"Interval":null}},
        "rootfs":{"type":"layers","diff_ids":null},"history":[null,{"created":null,"empty_layer":null}]}"#;
    let parsed = parse_image_config(text.as_bytes()).unwrap();
    assert_eq!(parsed.os, "linux");
    assert_eq!(parsed.architecture, Platform::host().architecture);
    assert_eq!(parsed.history.len(), 2);
    assert!(parsed.diff_ids.is_empty());
    assert_eq!(parsed.config.unwrap().labels["a"], "");
}

#[test]
fn keys_match_in_any_case_and_the_exact_one_wins() {
    let text = r#"{"OS":"linux","RootFS":{"Type":"layers"},"Config":{"env":["A=1"],"CMD":"ls -l","WORKINGDIR":"/x","WorkingDir":"/y"}}"#;
    let config = parse_image_config(text.as_bytes()).unwrap().config.unwrap();
    assert_eq!(config.env, ["A=1"]);
    assert_eq!(config.cmd, Some(vec!["ls -l".to_owned()]));
    assert_eq!(config.working_dir, "/y");
}

#[test]
fn other_documents_are_refused() {
    assert!(matches!(
        parse_image_config(b"{}"),
        Err(InvalidImageConfig::NoRootFs)
    ));
    assert!(matches!(
        parse_image_config(b"[]"),
        Err(InvalidImageConfig::NotAnObject)
    ));
    assert!(parse_image_config(b"{").is_err());
    assert!(parse_image_config(br#"{"rootfs":{"diff_ids":["md5:00"]}}"#).is_err());
    assert!(parse_image_config(br#"{"rootfs":{},"config":{"Env":"A"}}"#).is_err());
    let deep = "[".repeat(100_000);
    assert!(parse_image_config(deep.as_bytes()).is_err());
}

#[test]
fn a_bad_port_or_date_does_not_refuse_the_image() {
    let text = r#"{"rootfs":{},"created":"yesterday","config":{"ExposedPorts":{"http":{},"0":{},"9-1/tcp":{},"53/udp":{}}}}"#;
    let parsed = parse_image_config(text.as_bytes()).unwrap();
    assert_eq!(parsed.created, None);
    assert_eq!(parsed.config.unwrap().exposed_ports.len(), 1);
}

proptest::proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = parse_image_config(&bytes);
    }
}
