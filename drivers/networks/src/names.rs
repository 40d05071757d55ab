//! Names and hardware addresses that follow from identifiers and addresses.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use palan_model::id::EndpointId;

/// Longest interface name (`IFNAMSIZ` without its zero byte).
const MAX_NAME: usize = 15;
/// Longest prefix that leaves enough of the identifier to tell interfaces apart.
const MAX_PREFIX: usize = 6;
/// Between prefix and identifier: no prefix holds it, so no engine's prefix begins another's names.
const SEPARATOR: char = '-';

/// A hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// The address that Docker gives a container by default: 02:42 and the IPv4 address. It is the
    /// same in a container's next life, so nobody's ARP cache is wrong.
    #[must_use]
    pub fn from_ipv4(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        Self([0x02, 0x42, a, b, c, d])
    }
}

/// A text that is not six pairs of hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid MAC address {0:?}")]
pub struct InvalidMac(pub String);

impl FromStr for MacAddress {
    type Err = InvalidMac;

    fn from_str(text: &str) -> Result<Self, InvalidMac> {
        let invalid = || InvalidMac(text.to_owned());
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().filter(|p| is_pair(p)).ok_or_else(invalid)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| invalid())?;
        }
        // A group address (lowest bit of the first byte) belongs to no single interface.
        if parts.next().is_some() || bytes[0] & 1 == 1 {
            return Err(invalid());
        }
        Ok(Self(bytes))
    }
}

fn is_pair(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// The prefix that one engine's interfaces carry: 1 to 6 lower-case letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfacePrefix(String);

/// A text that is no interface prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid interface prefix {0:?}: must be 1 to 6 lower-case letters and digits")]
pub struct InvalidPrefix(pub String);

impl FromStr for InterfacePrefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidPrefix> {
        let fits = (1..=MAX_PREFIX).contains(&text.len());
        if fits
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPrefix(text.to_owned()))
        }
    }
}

impl InterfacePrefix {
    /// The name of an attachment's interface on the host.
    #[must_use]
    pub fn host_interface(&self, endpoint: &EndpointId) -> String {
        let digits = MAX_NAME - self.0.len() - SEPARATOR.len_utf8();
        format!("{}{SEPARATOR}{}", self.0, &endpoint.as_str()[..digits])
    }

    /// Whether an interface of this name is one of this engine's attachments.
    #[must_use]
    pub fn owns(&self, interface: &str) -> bool {
        let rest = interface
            .strip_prefix(&self.0)
            .and_then(|rest| rest.strip_prefix(SEPARATOR));
        interface.len() == MAX_NAME
            && rest.is_some_and(|r| r.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
    }
}

#[cfg(test)]
mod tests;
