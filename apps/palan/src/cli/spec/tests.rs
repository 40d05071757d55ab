use std::path::Path;

use palan_docker_api::container::{Mount, PortBinding};
use proptest::prelude::*;

use super::filter::Filters;
use super::key_value::{Labels, Variables};
use super::mount::Mounts;
use super::network::{Attachment, Networks, endpoints, is_user_defined};
use super::ulimit::Ulimits;
use super::validate::{Addresses, Domains, ExtraHosts, NanoCpus, Sysctls, is_mac_address};
use super::{csv_fields, device, duration, gpus, health, port, restart, security, size, volume};
use crate::cli::args::FlagValue;

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// `container port -> address:port` of all bindings.
fn published(text: &str) -> Vec<String> {
    let ports = port::parse(&strings(&[text]), &[]).unwrap();
    let mut lines = Vec::new();
    for (port, bindings) in &ports.bindings {
        assert!(ports.exposed.contains_key(port));
        for PortBinding { host_ip, host_port } in bindings.iter().flatten() {
            lines.push(format!("{port} -> {host_ip}|{host_port}"));
        }
    }
    lines
}

#[test]
fn publish_in_every_form() {
    assert_eq!(published("80"), ["80/tcp -> |"]);
    assert_eq!(published("8080:80"), ["80/tcp -> |8080"]);
    assert_eq!(published("8080:80/udp"), ["80/udp -> |8080"]);
    assert_eq!(published("8080:80/TCP"), ["80/tcp -> |8080"]);
    assert_eq!(published("1:2/sctp"), ["2/sctp -> |1"]);
    assert_eq!(published("127.0.0.1:8080:80"), ["80/tcp -> 127.0.0.1|8080"]);
    assert_eq!(published("127.0.0.1::80"), ["80/tcp -> 127.0.0.1|"]);
    assert_eq!(published("[::1]:8080:80"), ["80/tcp -> ::1|8080"]);
    assert_eq!(published("::1:8080:80"), ["80/tcp -> ::1|8080"]);
    assert_eq!(published("[fe80::5]::80/udp"), ["80/udp -> fe80::5|"]);
    assert_eq!(published("0:80"), ["80/tcp -> |0"]);
    assert_eq!(published("80/"), ["80/tcp -> |"]);
    assert_eq!(published("published=9,target=8"), ["8/tcp -> |9"]);
    assert_eq!(published("target=8,protocol=udp"), ["8/udp -> |"]);
}

#[test]
fn publish_of_ranges() {
    assert_eq!(
        published("8000-8002:9000-9002"),
        [
            "9000/tcp -> |8000",
            "9001/tcp -> |8001",
            "9002/tcp -> |8002"
        ]
    );
    assert_eq!(published("9000-9001"), ["9000/tcp -> |", "9001/tcp -> |"]);
    assert_eq!(published("7000-7010:77"), ["77/tcp -> |7000-7010"]);
    assert_eq!(published("5-5:5-5"), ["5/tcp -> |5"]);
}

#[test]
fn publish_refuses_in_dockers_words() {
    for (text, why) in [
        ("", "no port specified: <empty>"),
        ("80:", "no port specified: 80:<empty>"),
        ("a:80", "invalid hostPort: a"),
        ("80:b", "invalid containerPort: b"),
        ("70000:80", "invalid hostPort: 70000"),
        ("+80", "invalid containerPort: +80"),
        ("1.2.3:80:80", "invalid IP address: 1.2.3"),
        ("80:80:80:80", "invalid IP address: 80:80"),
        ("80:80/xyz", "invalid proto: xyz"),
        (
            "8000-8001:80-85",
            "invalid ranges specified for container and host Ports: 80-85 and 8000-8001",
        ),
        (
            "target=80,x",
            "invalid publish opts format (should be name=value but got 'x')",
        ),
    ] {
        assert_eq!(
            port::parse(&strings(&[text]), &[]).unwrap_err(),
            why,
            "{text:?}"
        );
    }
}

#[test]
fn expose_adds_ports_without_bindings() {
    let ports = port::parse(&strings(&["1:90"]), &strings(&["90", "100-101/udp"])).unwrap();
    let exposed: Vec<&str> = ports.exposed.keys().map(String::as_str).collect();
    assert_eq!(exposed, ["100/udp", "101/udp", "90/tcp"]);
    assert_eq!(ports.bindings.len(), 1);
    for (text, why) in [
        ("80:80", "invalid port format for --expose: 80:80"),
        (
            "x",
            "invalid range format for --expose: x, error: strconv.ParseUint: parsing \"x\": \
             invalid syntax",
        ),
        (
            "9-8",
            "invalid range format for --expose: 9-8, error: invalid range specified for port: 9-8",
        ),
    ] {
        assert_eq!(port::parse(&[], &strings(&[text])).unwrap_err(), why);
    }
}

#[test]
fn volumes_are_binds_or_anonymous() {
    let texts = strings(&[
        "vv:/x",
        "/a:/b:ro",
        "./rel:/c",
        "../up/./x:/d:z",
        "/anon",
        "/anon",
        "q",
    ]);
    let volumes = volume::parse(&texts, Path::new("/tmp/w")).unwrap();
    let wanted = ["vv:/x", "/a:/b:ro", "/tmp/w/rel:/c", "/tmp/up/x:/d:z"];
    assert_eq!(volumes.binds, wanted);
    let anonymous: Vec<&str> = volumes.anonymous.keys().map(String::as_str).collect();
    assert_eq!(anonymous, ["/anon", "q"]);
}

#[test]
fn volumes_refuse_in_dockers_words() {
    for (text, why) in [
        ("", "invalid empty volume spec"),
        (":/x", "invalid spec: :/x: empty section between colons"),
        ("/x:", "invalid spec: /x:: empty section between colons"),
        ("/a:/b:ro:z", "invalid spec: /a:/b:ro:z: too many colons"),
    ] {
        assert_eq!(
            volume::parse(&strings(&[text]), Path::new("/")).unwrap_err(),
            why
        );
    }
}

#[test]
fn paths_are_cleaned() {
    for (path, clean) in [
        ("/a/../..//b/./c/", "/b/c"),
        ("a/../../b", "../b"),
        ("./", "."),
        ("/", "/"),
    ] {
        assert_eq!(volume::clean_path(path), clean);
    }
}

fn mount(text: &str) -> Result<Mount, String> {
    let mut mounts = Mounts::default();
    mounts.set(text)?;
    Ok(mounts.0.remove(0))
}

#[test]
fn mounts_of_every_kind() {
    let bind = mount("type=bind,src=/a,dst=/b,ro,bind-propagation=rshared").unwrap();
    assert_eq!(
        (
            bind.kind.as_str(),
            bind.source.as_str(),
            bind.target.as_str()
        ),
        ("bind", "/a", "/b")
    );
    assert!(bind.read_only);
    assert_eq!(bind.bind_options.unwrap().propagation, "rshared");

    let volume =
        mount("source=v,target=/x,volume-opt=a=b=c,volume-label=k,volume-driver=d").unwrap();
    let options = volume.volume_options.unwrap();
    assert_eq!(volume.kind, "volume");
    assert_eq!(options.labels["k"], "");
    assert_eq!(options.driver_config.as_ref().unwrap().options["a"], "b=c");
    assert_eq!(options.driver_config.unwrap().name, "d");

    let tmpfs = mount("type=TMPFS,destination=/t,tmpfs-size=10m,tmpfs-mode=1777").unwrap();
    let options = tmpfs.tmpfs_options.unwrap();
    assert_eq!((options.size_bytes, options.mode), (10 << 20, 0o1777));

    let quoted = mount("type=volume,dst=/q,\"volume-opt=o=a,b\"").unwrap();
    let driver = quoted.volume_options.unwrap().driver_config.unwrap();
    assert_eq!(driver.options["o"], "a,b");
}

#[test]
fn mounts_refuse_in_dockers_words() {
    for (text, why) in [
        ("type=bind", "target is required"),
        ("type=,target=/x", "type is required"),
        ("target=/x,foo=bar", "unexpected key 'foo' in 'foo=bar'"),
        (
            "target=/x,foo",
            "invalid field 'foo' must be a key=value pair",
        ),
        ("target=/x,ro=maybe", "invalid value for ro: maybe"),
        (
            "type=tmpfs,target=/x,tmpfs-mode=9",
            "invalid value for tmpfs-mode: 9",
        ),
        (
            "type=tmpfs,target=/x,volume-nocopy",
            "cannot mix 'volume-*' options with mount type 'tmpfs'",
        ),
        (
            "type=bind,target=/x,bind-recursive=writable",
            "option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction",
        ),
        (
            "a\"b",
            "parse error on line 1, column 2: bare \" in non-quoted-field",
        ),
    ] {
        assert_eq!(mount(text).unwrap_err(), why, "{text:?}");
    }
}

#[test]
fn networks_in_short_and_long_form() {
    let mut networks = Networks::default();
    assert_eq!(networks.mode(), "default");
    networks
        .set("name=n1,alias=x,alias=y,ip=1.2.3.4,driver-opt=a=b,gw-priority=5")
        .unwrap();
    networks.set("n2").unwrap();
    assert_eq!(networks.mode(), "n1");
    let map = endpoints(&networks, &Attachment::default()).unwrap();
    let first = map["n1"].as_ref().unwrap();
    assert_eq!(first.aliases.as_deref().unwrap(), ["x", "y"]);
    assert_eq!(first.ipam_config.as_ref().unwrap().ipv4_address, "1.2.3.4");
    assert_eq!(first.gw_priority, Some(5));
    assert!(map.contains_key("n2"));
}

#[test]
fn a_single_network_that_says_nothing_is_left_out() {
    let mut networks = Networks::default();
    networks.set("host").unwrap();
    assert!(
        endpoints(&networks, &Attachment::default())
            .unwrap()
            .is_empty()
    );
    let none = endpoints(&Networks::default(), &Attachment::default()).unwrap();
    assert!(none.contains_key("default"));
}

#[test]
fn flags_belong_to_the_first_network() {
    let mut networks = Networks::default();
    networks.set("mine").unwrap();
    let shared = Attachment {
        aliases: strings(&["a"]),
        ipv4: "1.2.3.4".to_owned(),
        links: strings(&["c:d"]),
        ..Attachment::default()
    };
    let map = endpoints(&networks, &shared).unwrap();
    let mine = map["mine"].as_ref().unwrap();
    assert_eq!(mine.links.as_deref().unwrap(), ["c:d"]);
    assert_eq!(mine.aliases.as_deref().unwrap(), ["a"]);
}

#[test]
fn networks_refuse_in_dockers_words() {
    let mut networks = Networks::default();
    assert_eq!(
        networks.set("alias=x").unwrap_err(),
        "network name/id is not specified"
    );
    assert_eq!(
        networks.set("name=a,foo=b").unwrap_err(),
        "invalid field key foo"
    );
    networks.set("name=bridge,alias=x").unwrap();
    let why = endpoints(&networks, &Attachment::default()).unwrap_err();
    assert_eq!(
        why,
        "network-scoped aliases are only supported for user-defined networks"
    );
    networks.0 = vec![
        Attachment {
            target: "host".into(),
            ..Attachment::default()
        },
        Attachment {
            target: "mine".into(),
            ..Attachment::default()
        },
    ];
    let why = endpoints(&networks, &Attachment::default()).unwrap_err();
    assert!(
        why.starts_with("conflicting options: cannot attach both"),
        "{why}"
    );
    assert!(is_user_defined("mine") && !is_user_defined("container:x"));
}

#[test]
fn sizes() {
    for (text, bytes) in [
        ("0", 0),
        ("512", 512),
        ("64k", 64 << 10),
        ("1.5GB", 3 << 29),
        ("10 MiB", 10 << 20),
        ("2T", 2 << 40),
        ("7b", 7),
    ] {
        assert_eq!(size::parse_bytes(text), Ok(bytes), "{text}");
    }
    assert_eq!(size::parse_bytes("x").unwrap_err(), "invalid size: 'x'");
    assert_eq!(size::parse_bytes("-1").unwrap_err(), "invalid size: '-1'");
    assert_eq!(size::parse_bytes("5q").unwrap_err(), "invalid suffix: 'q'");
}

#[test]
fn durations() {
    for (text, nanoseconds) in [
        ("0", 0),
        ("1s", 1_000_000_000),
        ("1m30s", 90_000_000_000),
        ("1.5s", 1_500_000_000),
        ("100ms", 100_000_000),
        ("-2h", -7_200_000_000_000),
        ("3µs", 3_000),
    ] {
        assert_eq!(duration::parse(text), Some(nanoseconds), "{text}");
    }
    for text in ["", "1", "s", "1x", "1s2", "--1s", "."] {
        assert_eq!(duration::parse(text), None, "{text}");
    }
}

#[test]
fn times_of_queries() {
    assert_eq!(duration::query_time("").unwrap(), "");
    assert_eq!(
        duration::query_time("1136073845.5").unwrap(),
        "1136073845.5"
    );
    let utc = duration::query_time("2006-01-02T15:04:05.5Z").unwrap();
    assert_eq!(utc, "1136214245.500000000");
    let zone = duration::query_time("2006-01-02T15:04:05+02:00").unwrap();
    assert_eq!(zone, "1136207045.000000000");
    for text in ["2006-01-02", "2006-01-02T15", "2006-01-02T15:04", "42m"] {
        duration::query_time(text).unwrap();
    }
    assert!(duration::query_time("yesterday").is_err());
}

#[test]
fn cpus_are_exact() {
    let parse = |text: &str| {
        let mut cpus = NanoCpus::default();
        cpus.set(text).map(|()| cpus.0)
    };
    assert_eq!(parse("1.5"), Ok(1_500_000_000));
    assert_eq!(parse("1e-1"), Ok(100_000_000));
    assert_eq!(parse("3/2"), Ok(1_500_000_000));
    assert_eq!(parse(".25"), Ok(250_000_000));
    assert_eq!(parse("0.0000000001").unwrap_err(), "value is too precise");
    assert_eq!(
        parse("x").unwrap_err(),
        "failed to parse x as a rational number"
    );
    assert_eq!(
        parse("1/0").unwrap_err(),
        "failed to parse 1/0 as a rational number"
    );
}

#[test]
fn ulimits() {
    let mut ulimits = Ulimits::default();
    for text in ["nproc=5", "nofile=10:20", "core=-1", "nproc=6:-1"] {
        ulimits.set(text).unwrap();
    }
    let list = ulimits.to_list();
    let triples: Vec<_> = list
        .iter()
        .map(|u| (u.name.as_str(), u.soft, u.hard))
        .collect();
    assert_eq!(
        triples,
        [("core", -1, -1), ("nofile", 10, 20), ("nproc", 6, -1)]
    );
    for (text, why) in [
        ("nofile", "invalid ulimit argument: nofile"),
        ("x=1", "invalid ulimit type: x"),
        (
            "nofile=a",
            "strconv.ParseInt: parsing \"a\": invalid syntax",
        ),
        (
            "nofile=10:5",
            "ulimit soft limit must be less than or equal to hard limit: 10 > 5",
        ),
        (
            "nofile=-1:5",
            "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), \
             hard: 5",
        ),
        (
            "nofile=1:2:3",
            "too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`",
        ),
    ] {
        assert_eq!(ulimits.set(text).unwrap_err(), why);
    }
}

#[test]
fn devices() {
    let texts = [
        "/dev/null",
        "/dev/zero:/dev/z",
        "/dev/a:r",
        "/dev/b:/dev/c:rw",
        "v.com/c=n",
    ];
    let devices = device::parse(&strings(&texts)).unwrap();
    let triples: Vec<_> = devices
        .mappings
        .iter()
        .map(|m| {
            (
                &*m.path_on_host,
                &*m.path_in_container,
                &*m.cgroup_permissions,
            )
        })
        .collect();
    assert_eq!(
        triples,
        [
            ("/dev/null", "/dev/null", "rwm"),
            ("/dev/zero", "/dev/z", "rwm"),
            ("/dev/a", "/dev/a", "r"),
            ("/dev/b", "/dev/c", "rw"),
        ]
    );
    assert_eq!(
        devices.requests[0].device_ids.as_deref().unwrap(),
        ["v.com/c=n"]
    );
    for (text, why) in [
        ("nosuch", "nosuch is not an absolute path"),
        ("/dev/null:rel", "rel is not an absolute path"),
        ("/dev/null:/dev/x:abc", "bad mode specified: abc"),
        ("a:b:c:d", "bad format for path: a:b:c:d"),
        ("", "bad format for path: "),
    ] {
        assert_eq!(device::parse(&strings(&[text])).unwrap_err(), why);
    }
    let mut rules = device::CgroupRules::default();
    rules.set("c 13:* rwm").unwrap();
    for text in ["x", "d 1:1 r", "c 1 r", "c 1:1 rwmr", "c :1 r"] {
        assert!(rules.set(text).is_err(), "{text}");
    }
}

#[test]
fn block_device_limits() {
    let mut weights = device::Weights::default();
    weights.set("/dev/sda:500").unwrap();
    assert_eq!(weights.0[0].weight, 500);
    assert_eq!(weights.set("/dev/sda").unwrap_err(), "bad format: /dev/sda");
    assert_eq!(
        weights.set("x:1").unwrap_err(),
        "bad format for device path: x:1"
    );
    assert_eq!(
        weights.set("/dev/sda:5").unwrap_err(),
        "invalid weight for device: /dev/sda:5"
    );
    let mut rates = device::ByteRates::default();
    rates.set("/dev/sda:1mb").unwrap();
    assert_eq!(rates.0[0].rate, 1 << 20);
}

#[test]
fn gpu_requests() {
    let parse = |text: &str| {
        let mut gpus = gpus::Gpus::default();
        gpus.set(text).map(|()| gpus.0.remove(0))
    };
    assert_eq!(parse("all").unwrap().count, -1);
    assert_eq!(parse("driver=x").unwrap().count, 1);
    let devices = parse("\"device=0,1\",capabilities=compute").unwrap();
    assert_eq!(devices.device_ids.unwrap(), ["0", "1"]);
    assert_eq!(devices.capabilities.unwrap(), [["compute", "gpu"]]);
    assert!(parse("count=1,count=2").unwrap_err().contains("only once"));
}

#[test]
fn security_options() {
    let texts = [
        "no-new-privileges",
        "label=disable",
        "apparmor:x",
        "systempaths=unconfined",
    ];
    let security = security::parse(&strings(&texts)).unwrap();
    assert_eq!(security.options, texts[..3]);
    assert!(security.unconfined_paths);
    let why = security::parse(&strings(&["nope"])).unwrap_err();
    assert_eq!(why, "Invalid --security-opt: \"nope\"");
}

#[test]
fn a_seccomp_profile_is_sent_compact() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "{ \"b\": [1,\n2],\t\"a\": \"<\" }").unwrap();
    let option = format!("seccomp={}", file.path().display());
    let security = security::parse(&[option]).unwrap();
    assert_eq!(security.options, ["seccomp={\"b\":[1,2],\"a\":\"<\"}"]);
    let why = security::parse(&strings(&["seccomp=/nosuch"])).unwrap_err();
    assert_eq!(
        why,
        "opening seccomp profile (/nosuch) failed: open /nosuch: no such file or directory"
    );
}

#[test]
fn restart_policies() {
    let policy = restart::parse("on-failure:3").unwrap();
    assert_eq!(
        (policy.name.as_str(), policy.maximum_retry_count),
        ("on-failure", 3)
    );
    assert_eq!(restart::parse("always").unwrap().name, "always");
    assert!(
        restart::parse(":3")
            .unwrap_err()
            .contains("no policy provided")
    );
    assert!(
        restart::parse("on-failure:x")
            .unwrap_err()
            .contains("must be an integer")
    );
}

#[test]
fn health_checks() {
    assert_eq!(
        health::config(&health::HealthFlags::default()).unwrap(),
        None
    );
    let mut flags = health::HealthFlags {
        command: "x y".into(),
        ..Default::default()
    };
    assert_eq!(
        health::config(&flags).unwrap().unwrap().test,
        ["CMD-SHELL", "x y"]
    );
    flags.disabled = true;
    assert!(health::config(&flags).is_err());
    let negative = health::HealthFlags {
        retries: -1,
        ..Default::default()
    };
    assert_eq!(
        health::config(&negative).unwrap_err(),
        "--health-retries cannot be negative"
    );
}

#[test]
fn variables_labels_and_lists_are_checked() {
    let mut variables = Variables::default();
    variables.set("A=").unwrap();
    variables.set("PALAN_TEST_UNSET_VARIABLE").unwrap();
    assert_eq!(variables.0, ["A=", "PALAN_TEST_UNSET_VARIABLE"]);
    assert_eq!(
        variables.set("=x").unwrap_err(),
        "invalid environment variable: =x"
    );
    let mut labels = Labels::default();
    assert_eq!(labels.set("").unwrap_err(), "invalid label '': empty name");
    assert_eq!(
        labels.set("a b=c").unwrap_err(),
        "label 'a b' contains whitespaces"
    );
    let mut hosts = ExtraHosts::default();
    hosts.set("b=[::1]").unwrap();
    hosts.set("c:host-gateway").unwrap();
    assert_eq!(hosts.0, ["b:::1", "c:host-gateway"]);
    assert!(hosts.set("a:b").is_err() && hosts.set("x").is_err());
    assert!(Addresses::default().set("x").is_err());
    assert!(Domains::default().set("_").is_err());
    assert!(Domains::default().set(".").is_ok());
    assert!(Sysctls::default().set("net.ipv4.ip_forward=1").is_ok());
    assert!(Sysctls::default().set("vm.swappiness=1").is_err());
    assert!(is_mac_address("02:42:ac:11:00:09") && !is_mac_address("zz"));
}

#[test]
fn files_of_variables() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "\u{feff}# comment\n\n  A=1 \nB=x=y\nPALAN_TEST_UNSET_VARIABLE\nC=\r\n";
    std::fs::write(file.path(), text).unwrap();
    let files = [file.path().display().to_string()];
    let read = super::key_value::read_all(&files, &strings(&["D=4"]), |_| None).unwrap();
    assert_eq!(read, ["A=1 ", "B=x=y", "C=", "D=4"]);
    std::fs::write(file.path(), "a b=c").unwrap();
    let why = super::key_value::read_all(&files, &[], |_| None).unwrap_err();
    assert!(
        why.ends_with("variable 'a b' contains whitespaces"),
        "{why}"
    );
    let why = super::key_value::read_all(&strings(&["/nosuch"]), &[], |_| None).unwrap_err();
    assert_eq!(why, "open /nosuch: no such file or directory");
}

#[test]
fn filters_become_json() {
    let mut filters = Filters::default();
    assert_eq!(filters.to_query(), "");
    filters.set("name=a").unwrap();
    filters.set("Label = b=c ").unwrap();
    filters.set("name=d").unwrap();
    assert_eq!(
        filters.to_query(),
        r#"{"label":{"b=c":true},"name":{"a":true,"d":true}}"#
    );
    assert_eq!(
        filters.set("x").unwrap_err(),
        "bad format of filter (expected name=value)"
    );
}

#[test]
fn comma_separated_fields() {
    assert_eq!(csv_fields("a,b=c,").unwrap(), ["a", "b=c", ""]);
    assert_eq!(csv_fields("\"a,b\",\"c\"\"d\"").unwrap(), ["a,b", "c\"d"]);
    assert!(csv_fields("\"a").is_err());
    assert!(csv_fields("\"a\"b").is_err());
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,40}") {
        let list = [text.clone()];
        let _ = port::parse(&list, &list);
        let _ = volume::parse(&list, Path::new("/"));
        let _ = mount(&text);
        let _ = Networks::default().set(&text);
        let _ = size::parse_bytes(&text);
        let _ = duration::parse(&text);
        let _ = NanoCpus::default().set(&text);
        let _ = device::parse(&list);
        let _ = gpus::Gpus::default().set(&text);
        let _ = Ulimits::default().set(&text);
        let _ = restart::parse(&text);
    }

    #[test]
    fn each_port_of_a_range_is_bound(first in 1u16..60000, count in 0u16..20, host in 1u16..60000) {
        let text = format!("{host}-{}:{first}-{}", host + count, first + count);
        prop_assert_eq!(published(&text).len(), usize::from(count) + 1);
    }
}
