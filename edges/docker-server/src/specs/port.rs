//! Ports and their bindings.

use std::collections::BTreeMap;

use palan_docker_api::container::{PortBinding, PortMap};
use palan_model::port::Port;

use crate::failure::Failure;

/// One port `80/tcp`, or all of a range `8000-8010/tcp`.
pub(super) fn range(text: &str) -> Result<Vec<Port>, Failure> {
    let invalid = || Failure::bad_request(format!("invalid port specification: {text:?}"));
    let (numbers, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let first: u16 = first.parse().map_err(|_| invalid())?;
    let last: u16 = last.parse().map_err(|_| invalid())?;
    if first > last {
        return Err(invalid());
    }
    (first..=last)
        .map(|number| {
            format!("{number}/{protocol}")
                .parse()
                .map_err(|_| invalid())
        })
        .collect()
}

/// Bindings by container port.
pub(super) fn bindings(
    map: PortMap,
) -> Result<BTreeMap<Port, Vec<palan_model::port::PortBinding>>, Failure> {
    let mut read = BTreeMap::new();
    for (text, bindings) in map {
        let port = text
            .parse()
            .map_err(|_| Failure::bad_request(format!("invalid port specification: {text:?}")))?;
        let bindings = bindings.unwrap_or_default();
        read.insert(
            port,
            bindings.iter().map(binding).collect::<Result<_, _>>()?,
        );
    }
    Ok(read)
}

fn binding(binding: &PortBinding) -> Result<palan_model::port::PortBinding, Failure> {
    let host_ip = match binding.host_ip.as_str() {
        "" => None,
        text => Some(
            text.parse()
                .map_err(|_| Failure::bad_request(format!("invalid IP address: {text}")))?,
        ),
    };
    let text = binding.host_port.as_str();
    let number = |part: &str| {
        part.parse::<u16>()
            .map_err(|_| Failure::bad_request(format!("invalid port specification: {text:?}")))
    };
    let (host_port, host_port_end) = match text.split_once('-') {
        _ if text.is_empty() => (None, None),
        Some((first, last)) => (Some(number(first)?), Some(number(last)?)),
        None => (Some(number(text)?).filter(|port| *port != 0), None),
    };
    if host_port_end.is_some() && host_port > host_port_end {
        return Err(Failure::bad_request(format!(
            "invalid port specification: {text:?}"
        )));
    }
    Ok(palan_model::port::PortBinding {
        host_ip,
        host_port,
        host_port_end,
    })
}
