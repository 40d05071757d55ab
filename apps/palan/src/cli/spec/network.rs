//! `--network` in its short form (a name) and long form (`name=..,alias=..,ip=..`), together with
//! the flags that apply to the first network.

use std::collections::BTreeMap;

use palan_docker_api::network::{EndpointIpamConfig, EndpointSettings};

use super::csv_fields;
use super::validate::is_mac_address;
use crate::cli::args::FlagValue;

/// One attachment as asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Name of the network, or a mode (`host`, `none`, `container:..`).
    pub target: String,
    /// Other names of the container there.
    pub aliases: Vec<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Links to other containers.
    pub links: Vec<String>,
    /// Fixed IPv4 address.
    pub ipv4: String,
    /// Fixed IPv6 address.
    pub ipv6: String,
    /// Link-local addresses.
    pub link_local: Vec<String>,
    /// Fixed hardware address.
    pub mac: String,
    /// Which network gives the default route.
    pub gateway_priority: i64,
}

/// Values of `--network`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<Attachment>);

impl FlagValue for Networks {
    const WORD: &'static str = "network";

    fn set(&mut self, text: &str) -> Result<(), String> {
        self.0.push(parse(text)?);
        Ok(())
    }
}

impl Networks {
    /// `NetworkMode` of the create request.
    pub fn mode(&self) -> &str {
        self.0
            .first()
            .map_or("default", |first| first.target.as_str())
    }
}

fn parse(text: &str) -> Result<Attachment, String> {
    let mut attachment = Attachment::default();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let is_long = text
        .match_indices('=')
        .any(|(index, _)| text[..index].ends_with(word) && text[index + 1..].starts_with(word));
    if !is_long {
        text.clone_into(&mut attachment.target);
        return Ok(attachment);
    }
    for field in csv_fields(text)? {
        let lower = field.to_lowercase();
        let (key, value) = lower
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| format!("invalid field {field}"))?;
        set_field(&mut attachment, key.trim(), value.trim())?;
    }
    if attachment.target.is_empty() {
        return Err("network name/id is not specified".to_owned());
    }
    Ok(attachment)
}

fn set_field(attachment: &mut Attachment, key: &str, value: &str) -> Result<(), String> {
    let owned = value.to_owned();
    match key {
        "name" => attachment.target = owned,
        "alias" => attachment.aliases.push(owned),
        "ip" => attachment.ipv4 = owned,
        "ip6" => attachment.ipv6 = owned,
        "mac-address" => attachment.mac = owned,
        "link-local-ip" => attachment.link_local.push(owned),
        "driver-opt" => {
            let (name, option) = value
                .split_once('=')
                .filter(|(name, _)| !name.is_empty())
                .ok_or("invalid key value pair format in driver options")?;
            attachment
                .driver_opts
                .insert(name.trim().to_owned(), option.trim().to_owned());
        }
        "gw-priority" => {
            attachment.gateway_priority = value
                .parse()
                .map_err(|_| format!("invalid gw-priority ({value}): invalid syntax"))?;
        }
        _ => return Err(format!("invalid field key {key}")),
    }
    Ok(())
}

/// The endpoints of a create request. `shared` holds what the flags `--ip`, `--network-alias` and
/// so on say about the first network.
///
/// # Errors
/// When they contradict each other, in Docker's words.
pub fn endpoints(
    networks: &Networks,
    shared: &Attachment,
) -> Result<BTreeMap<String, Option<EndpointSettings>>, String> {
    let mut all = networks.0.clone();
    if all.is_empty() {
        all.push(Attachment {
            target: "default".to_owned(),
            ..Attachment::default()
        });
    }
    let user_defined = all
        .iter()
        .filter(|one| is_user_defined(&one.target))
        .count();
    if user_defined != 0 && user_defined != all.len() {
        return Err(
            "conflicting options: cannot attach both user-defined and non-user-defined \
                    network-modes"
                .to_owned(),
        );
    }
    let mut endpoints = BTreeMap::new();
    let only_one = networks.0.len() == 1;
    for (index, mut attachment) in all.into_iter().enumerate() {
        if index == 0 {
            merge(&mut attachment, shared)?;
        }
        let target = attachment.target.clone();
        let settings = settings(attachment)?;
        if endpoints.contains_key(&target) {
            return Err(format!("network {target:?} is specified multiple times"));
        }
        // What says nothing is left out.
        if !(only_one && settings == EndpointSettings::default()) {
            endpoints.insert(target, Some(settings));
        }
    }
    Ok(endpoints)
}

/// A network that somebody made, not one of the modes.
pub fn is_user_defined(target: &str) -> bool {
    !matches!(target, "default" | "bridge" | "host" | "none" | "nat")
        && !target.starts_with("container:")
        && target != "container"
}

fn merge(attachment: &mut Attachment, shared: &Attachment) -> Result<(), String> {
    let conflict = |flag: &str, what: &str| {
        Err(format!(
            "conflicting options: cannot specify both {flag} and per-network {what}"
        ))
    };
    macro_rules! take {
        ($field:ident, $flag:literal, $what:literal) => {
            if !shared.$field.is_empty() {
                if !attachment.$field.is_empty() {
                    return conflict($flag, $what);
                }
                attachment.$field = shared.$field.clone();
            }
        };
    }
    take!(aliases, "--network-alias", "alias");
    take!(ipv4, "--ip", "IPv4 address");
    take!(ipv6, "--ip6", "IPv6 address");
    take!(mac, "--mac-address", "MAC address");
    take!(link_local, "--link-local-ip", "link-local IP addresses");
    // On the default bridge a link belongs to the host configuration.
    if is_user_defined(&attachment.target) {
        take!(links, "--link", "links");
    }
    Ok(())
}

fn settings(attachment: Attachment) -> Result<EndpointSettings, String> {
    if attachment.target.trim().is_empty() {
        return Err("no name set for network".to_owned());
    }
    if !is_user_defined(&attachment.target) {
        if !attachment.aliases.is_empty() {
            return Err(
                "network-scoped aliases are only supported for user-defined networks".to_owned(),
            );
        }
        if !attachment.links.is_empty() {
            return Err("links are only supported for user-defined networks".to_owned());
        }
    }
    if !attachment.mac.is_empty() && !is_mac_address(&attachment.mac) {
        return Err(format!("{} is not a valid mac address", attachment.mac));
    }
    let fixed = !(attachment.ipv4.is_empty()
        && attachment.ipv6.is_empty()
        && attachment.link_local.is_empty());
    let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
    Ok(EndpointSettings {
        ipam_config: fixed.then_some(EndpointIpamConfig {
            ipv4_address: attachment.ipv4,
            ipv6_address: attachment.ipv6,
            link_local_ips: attachment.link_local,
        }),
        links: some(attachment.links),
        aliases: some(attachment.aliases),
        mac_address: attachment.mac,
        driver_opts: (!attachment.driver_opts.is_empty()).then_some(attachment.driver_opts),
        gw_priority: (attachment.gateway_priority != 0).then_some(attachment.gateway_priority),
        ..EndpointSettings::default()
    })
}
