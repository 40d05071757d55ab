//! The `PORTS` column: neighbouring ports are merged to ranges.

use palan_docker_api::container::PortSummary;

/// Neighbouring ports of one address and protocol that are published under their own numbers.
struct Run<'p> {
    ip: &'p str,
    protocol: &'p str,
    first: u16,
    last: u16,
}

/// `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 443/tcp`.
pub fn display_ports(ports: &[PortSummary]) -> String {
    let mut sorted: Vec<&PortSummary> = ports.iter().collect();
    sorted.sort_by_key(|port| {
        (
            port.private_port,
            &port.ip,
            port.public_port,
            &port.protocol,
        )
    });
    let mut closed = Vec::new();
    let mut open: Vec<Run<'_>> = Vec::new();
    let mut mapped = Vec::new();
    for port in sorted {
        let number = port.private_port;
        if !port.ip.is_empty() && port.public_port != number {
            let host = join_host_port(&port.ip, &port.public_port.to_string());
            mapped.push(format!("{host}->{number}/{}", port.protocol));
            continue;
        }
        let same = |run: &&mut Run<'_>| run.ip == port.ip && run.protocol == port.protocol;
        match open.iter_mut().find(same) {
            Some(run) if run.last.checked_add(1) == Some(number) => run.last = number,
            Some(run) => {
                closed.push(run.text());
                (run.first, run.last) = (number, number);
            }
            None => open.push(Run {
                ip: &port.ip,
                protocol: &port.protocol,
                first: number,
                last: number,
            }),
        }
    }
    closed.extend(open.iter().map(Run::text));
    closed.extend(mapped);
    closed.join(", ")
}

impl Run<'_> {
    fn text(&self) -> String {
        let mut range = self.first.to_string();
        if self.first != self.last {
            range.push_str(&format!("-{}", self.last));
        }
        if !self.ip.is_empty() {
            range = format!("{}->{range}", join_host_port(self.ip, &range));
        }
        format!("{range}/{}", self.protocol)
    }
}

/// `host:port`, with brackets around an IPv6 address.
pub fn join_host_port(host: &str, port: &str) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}
