//! Device nodes and the rules of their cgroup.

use palan_model::HostConfig;
use palan_model::run::{DeviceNode, DeviceRule};

use super::super::devices::plan_devices;
use super::texts;

fn show(rule: &DeviceRule) -> String {
    let number = |number: Option<u32>| number.map_or("*".to_owned(), |n| n.to_string());
    let verb = if rule.allow { "allow" } else { "deny" };
    let (major, minor) = (number(rule.major), number(rule.minor));
    format!("{verb} {} {major}:{minor} {}", rule.kind, rule.access)
}

fn rules(host: &HostConfig, asked: Vec<(DeviceNode, String)>) -> Vec<String> {
    let (_, rules) = plan_devices(host, asked).unwrap();
    rules.iter().map(show).collect()
}

fn fuse(path: &str) -> DeviceNode {
    DeviceNode {
        path: path.to_owned(),
        kind: 'c',
        major: 10,
        minor: 229,
        mode: 0o666,
        uid: 0,
        gid: 0,
    }
}

#[test]
fn nothing_is_allowed_but_the_usual_nodes() {
    assert_eq!(
        rules(&HostConfig::default(), vec![]),
        [
            "deny a *:* rwm",
            "allow c *:* m",
            "allow b *:* m",
            "allow c 1:3 rwm",
            "allow c 1:5 rwm",
            "allow c 1:7 rwm",
            "allow c 1:8 rwm",
            "allow c 1:9 rwm",
            "allow c 5:0 rwm",
            "allow c 5:1 rwm",
            "allow c 5:2 rwm",
            "allow c 136:* rwm",
        ]
    );
}

#[test]
fn devices_that_were_asked_for_are_allowed_and_made() {
    let host = HostConfig::default();
    let asked = vec![(fuse("/dev/fuse"), "rw".to_owned())];
    assert_eq!(rules(&host, asked).last().unwrap(), "allow c 10:229 rw");
    let (nodes, _) = plan_devices(&host, vec![(fuse("/dev/null"), "r".to_owned())]).unwrap();
    // The runtime makes the usual ones, but for those that are replaced here.
    assert_eq!(nodes, [fuse("/dev/null")]);
}

#[test]
fn privileged_containers_may_use_all() {
    let host = HostConfig {
        privileged: true,
        ..HostConfig::default()
    };
    let asked = vec![(fuse("/dev/fuse"), "rwm".to_owned())];
    assert_eq!(rules(&host, asked), ["allow a *:* rwm"]);
}

#[test]
fn rules_of_clients_are_read_strictly() {
    let plan = |rule: &str| {
        let mut host = HostConfig::default();
        host.resources.device_cgroup_rules = texts(&[rule]);
        plan_devices(&host, vec![]).map(|(_, rules)| show(rules.last().unwrap()))
    };
    assert_eq!(plan("c 13:* rwm").unwrap(), "allow c 13:* rwm");
    assert_eq!(plan("a *:* r").unwrap(), "allow a *:* r");
    for rule in [
        "",
        "c",
        "c 1:2",
        "d 1:2 r",
        "c 1 r",
        "c 1:x r",
        "c 1:2 rx",
        "c 1:2 rwmr",
        "c 1:2 r r",
    ] {
        assert_eq!(
            plan(rule).unwrap_err().to_string(),
            format!("invalid device cgroup rule format: '{rule}'")
        );
    }
}
