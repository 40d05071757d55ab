//! Which devices a container sees and may use.

use palan_model::HostConfig;
use palan_model::run::{DeviceNode, DeviceRule};

use crate::{Error, Result};

/// Major and minor numbers of the nodes that the runtime makes in every container: null, zero, full,
/// random, urandom, tty.
const NODES: [(u32, u32); 6] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0)];

/// Nodes to make besides those that every container has, and the rules of the device cgroup.
pub(super) fn plan_devices(
    host: &HostConfig,
    asked: Vec<(DeviceNode, String)>,
) -> Result<(Vec<DeviceNode>, Vec<DeviceRule>)> {
    let mut nodes: Vec<DeviceNode> = vec![];
    let mut rules = if host.privileged {
        vec![rule(true, 'a', None, None, "rwm")]
    } else {
        default_rules()
    };
    for (device, access) in asked {
        if !host.privileged {
            rules.push(rule(
                true,
                device.kind,
                Some(device.major),
                Some(device.minor),
                &access,
            ));
        }
        nodes.retain(|known| known.path != device.path);
        nodes.push(device);
    }
    for text in &host.resources.device_cgroup_rules {
        rules.push(parse_rule(text)?);
    }
    Ok((nodes, rules))
}

fn rule(
    allow: bool,
    kind: char,
    major: Option<u32>,
    minor: Option<u32>,
    access: &str,
) -> DeviceRule {
    DeviceRule {
        allow,
        kind,
        major,
        minor,
        access: access.to_owned(),
    }
}

/// Nothing but making nodes, the nodes of `/dev`, and terminals.
fn default_rules() -> Vec<DeviceRule> {
    let mut rules = vec![
        rule(false, 'a', None, None, "rwm"),
        rule(true, 'c', None, None, "m"),
        rule(true, 'b', None, None, "m"),
    ];
    let nodes = NODES.iter().map(|(major, minor)| (*major, Some(*minor)));
    // The console, the terminal multiplexer, and the terminals it makes.
    let terminals = [(5, Some(1)), (5, Some(2)), (136, None)];
    rules.extend(
        nodes
            .chain(terminals)
            .map(|(major, minor)| rule(true, 'c', Some(major), minor, "rwm")),
    );
    rules
}

/// `c 13:* rwm`.
fn parse_rule(text: &str) -> Result<DeviceRule> {
    let invalid =
        || Error::InvalidParameter(format!("invalid device cgroup rule format: '{text}'"));
    let number = |text: &str| match text {
        "*" => Ok(None),
        text => text.parse().map(Some).map_err(|_| invalid()),
    };
    let mut words = text.split_whitespace();
    let (Some(kind @ ("a" | "b" | "c")), Some(numbers), Some(access), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(invalid());
    };
    let (major, minor) = numbers.split_once(':').ok_or_else(invalid)?;
    if !(1..=3).contains(&access.len()) || !access.bytes().all(|b| b"rwm".contains(&b)) {
        return Err(invalid());
    }
    let kind = kind.chars().next().expect("one of three letters");
    Ok(rule(true, kind, number(major)?, number(minor)?, access))
}
