//! Host names to addresses without the C library, whose resolver does not work in a static
//! program: literals, `/etc/hosts`, then the name servers of `/etc/resolv.conf` (RFC 1035 over
//! UDP). Blocking, as the whole client.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

const DNS_PORT: u16 = 53;
/// Wait for one answer; each server is asked twice.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);
const ATTEMPTS: usize = 2;
/// Largest answer over UDP without extensions.
const MAX_ANSWER: usize = 512;
/// Record types.
const TYPE_A: u16 = 1;
const TYPE_AAAA: u16 = 28;

/// Addresses of a host, in the order in which to try them.
///
/// # Errors
/// `NotFound` when nobody knows the name.
pub(super) fn lookup(host: &str) -> io::Result<Vec<IpAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    if host == "localhost" || host.ends_with(".localhost") {
        // RFC 6761, section 6.3.
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let mut addresses = in_hosts_file(&read("/etc/hosts"), host);
    if addresses.is_empty() {
        addresses = ask_servers(&read("/etc/resolv.conf"), host);
    }
    if addresses.is_empty() {
        let text = format!("lookup {host}: no such host");
        return Err(io::Error::new(io::ErrorKind::HostUnreachable, text));
    }
    Ok(addresses)
}

fn in_hosts_file(file: &str, host: &str) -> Vec<IpAddr> {
    let lines = file
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let matching = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words
            .any(|name| name.eq_ignore_ascii_case(host))
            .then_some(address)
    });
    matching.collect()
}

fn ask_servers(config: &str, host: &str) -> Vec<IpAddr> {
    let values = |key: &str| -> Vec<String> {
        let lines = config.lines().filter_map(|line| line.strip_prefix(key));
        lines
            .flat_map(str::split_whitespace)
            .map(str::to_owned)
            .collect()
    };
    let servers: Vec<IpAddr> = values("nameserver ")
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    let mut names = vec![host.trim_end_matches('.').to_owned()];
    if !host.contains('.') {
        // A bare name is looked for in the search domains first.
        let searched = values("search ");
        names.splice(
            0..0,
            searched.iter().map(|domain| format!("{host}.{domain}")),
        );
    }
    for name in &names {
        for kind in [TYPE_A, TYPE_AAAA] {
            for _ in 0..ATTEMPTS {
                let answer = servers
                    .iter()
                    .find_map(|server| ask(*server, name, kind).ok());
                match answer {
                    Some(addresses) if !addresses.is_empty() => return addresses,
                    Some(_) => break,
                    None => {}
                }
            }
        }
    }
    Vec::new()
}

fn ask(server: IpAddr, name: &str, kind: u16) -> io::Result<Vec<IpAddr>> {
    let local: IpAddr = match server {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((local, 0))?;
    socket.set_read_timeout(Some(ANSWER_LIMIT))?;
    // Connected: only this server's answers arrive, on a port that is hard to guess.
    socket.connect(SocketAddr::new(server, DNS_PORT))?;
    let identifier = socket.local_addr()?.port();
    let query = encode_query(identifier, name, kind)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    socket.send(&query)?;
    let mut answer = [0; MAX_ANSWER];
    let length = socket.recv(&mut answer)?;
    decode_answer(&answer[..length], identifier, kind)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// None when the name cannot be one.
pub(super) fn encode_query(identifier: u16, name: &str, kind: u16) -> Option<Vec<u8>> {
    // Recursion desired, one question.
    let mut query = identifier.to_be_bytes().to_vec();
    query.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|n| (1..=63).contains(n))?;
        query.push(length);
        query.extend(label.as_bytes());
    }
    query.push(0);
    query.extend(kind.to_be_bytes());
    query.extend([0, 1]);
    (query.len() <= MAX_ANSWER).then_some(query)
}

/// The addresses of this type; none when the message is malformed or not the answer.
pub(super) fn decode_answer(message: &[u8], identifier: u16, kind: u16) -> Option<Vec<IpAddr>> {
    let number = |at: usize| {
        let bytes = message.get(at..at + 2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    };
    let is_answer = number(0)? == identifier && message.get(2)? & 0x80 != 0;
    if !is_answer {
        return None;
    }
    let mut at = 12;
    for _ in 0..number(4)? {
        at = skip_name(message, at)? + 4;
    }
    let mut addresses = Vec::new();
    for _ in 0..number(6)? {
        at = skip_name(message, at)?;
        let length = usize::from(number(at + 8)?);
        let data = message.get(at + 10..at + 10 + length)?;
        match (number(at)? == kind, data.len()) {
            (true, 4) => addresses.push(<[u8; 4]>::try_from(data).ok()?.into()),
            (true, 16) => addresses.push(<[u8; 16]>::try_from(data).ok()?.into()),
            // An alias: its own records follow.
            _ => {}
        }
        at += 10 + length;
    }
    Some(addresses)
}

/// Where a name that starts here ends. A pointer ends it.
fn skip_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length if length >= 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}
