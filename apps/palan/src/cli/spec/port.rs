//! `--publish` and `--expose`: `[[ip:][hostPort]:]containerPort[/protocol]`, with ranges.

use std::collections::BTreeMap;
use std::net::IpAddr;

use palan_docker_api::Empty;
use palan_docker_api::container::{PortBinding, PortMap};

/// Exposed ports and their bindings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Set of `80/tcp`.
    pub exposed: BTreeMap<String, Empty>,
    /// Bindings by port.
    pub bindings: PortMap,
}

/// All values of `--publish` and `--expose`.
///
/// # Errors
/// When one of them is not valid, in Docker's words.
pub fn parse(published: &[String], exposed: &[String]) -> Result<Ports, String> {
    let mut ports = Ports::default();
    for text in published {
        let text = standard_notation(text)?;
        for (port, binding) in parse_published(&text)? {
            ports.exposed.insert(port.clone(), Empty {});
            ports
                .bindings
                .entry(port)
                .or_insert_with(|| Some(Vec::new()))
                .get_or_insert_default()
                .push(binding);
        }
    }
    for text in exposed {
        for port in parse_exposed(text)? {
            ports.exposed.insert(port, Empty {});
        }
    }
    Ok(ports)
}

/// `published=8080,target=80,protocol=udp` as `8080:80/udp`.
fn standard_notation(text: &str) -> Result<String, String> {
    if !text.contains('=') {
        return Ok(text.to_owned());
    }
    let (mut published, mut target, mut protocol) = ("", "", "tcp");
    for parameter in text.split(',') {
        let (name, value) = parameter
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| {
                format!("invalid publish opts format (should be name=value but got '{parameter}')")
            })?;
        match name {
            "published" => published = value,
            "target" => target = value,
            "protocol" => protocol = value,
            _ => {}
        }
    }
    Ok(format!("{published}:{target}/{protocol}"))
}

/// One `--publish`: a binding for each container port of the range.
fn parse_published(text: &str) -> Result<Vec<(String, PortBinding)>, String> {
    let (ip, host, container) = split_parts(text);
    let (protocol, container) = split_protocol(container);
    let ip = parse_ip(ip)?;
    if container.is_empty() {
        return Err(format!("no port specified: {text}<empty>"));
    }
    let range =
        parse_range(container).map_err(|_| format!("invalid containerPort: {container}"))?;
    let host_range = match host {
        "" => None,
        _ => Some(parse_range(host).map_err(|_| format!("invalid hostPort: {host}"))?),
    };
    let single = range.0 == range.1;
    if let Some((first, last)) = host_range
        && last - first != range.1 - range.0
        && !single
    {
        return Err(format!(
            "invalid ranges specified for container and host Ports: {container} and {host}"
        ));
    }
    let protocol = check_protocol(protocol)?;
    Ok((range.0..=range.1)
        .map(|port| {
            let host_port = match host_range {
                None => String::new(),
                // One port of the range will be chosen.
                Some((first, last)) if single && first != last => format!("{first}-{last}"),
                Some((first, _)) => (first + (port - range.0)).to_string(),
            };
            let binding = PortBinding {
                host_ip: ip.clone(),
                host_port,
            };
            (format!("{port}/{protocol}"), binding)
        })
        .collect())
}

fn parse_exposed(text: &str) -> Result<Vec<String>, String> {
    if text.contains(':') {
        return Err(format!("invalid port format for --expose: {text}"));
    }
    let (protocol, port) = split_protocol(text);
    let (first, last) = parse_range(port)
        .map_err(|why| format!("invalid range format for --expose: {text}, error: {why}"))?;
    Ok((first..=last)
        .map(|port| format!("{port}/{protocol}"))
        .collect())
}

/// Address, host port, container port. An IPv6 address has colons of its own.
fn split_parts(text: &str) -> (&str, &str, &str) {
    let Some((rest, container)) = text.rsplit_once(':') else {
        return ("", "", text);
    };
    match rest.rsplit_once(':') {
        Some((ip, host)) => (ip, host, container),
        None => ("", rest, container),
    }
}

fn split_protocol(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        None => ("tcp", text),
        Some((port, "")) => ("tcp", port),
        Some((port, protocol)) => (protocol, port),
    }
}

fn parse_ip(text: &str) -> Result<String, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if !bare.is_empty() && bare.parse::<IpAddr>().is_err() {
        return Err(format!("invalid IP address: {bare}"));
    }
    Ok(bare.to_owned())
}

/// `80` or `8000-8010`, ends included; else why not, in Go's words.
fn parse_range(text: &str) -> Result<(u16, u16), String> {
    if text.is_empty() {
        return Err("empty string specified for ports".to_owned());
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (parse_number(first)?, parse_number(last)?);
    if first > last {
        return Err(format!("invalid range specified for port: {text}"));
    }
    Ok((first, last))
}

fn parse_number(digits: &str) -> Result<u16, String> {
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let problem = if is_plain {
        "value out of range"
    } else {
        "invalid syntax"
    };
    let number = digits.parse().ok().filter(|_| is_plain);
    number.ok_or_else(|| format!("strconv.ParseUint: parsing {digits:?}: {problem}"))
}

fn check_protocol(text: &str) -> Result<String, String> {
    let lower = text.to_lowercase();
    if matches!(lower.as_str(), "tcp" | "udp" | "sctp") {
        Ok(lower)
    } else {
        Err(format!("invalid proto: {text}"))
    }
}
