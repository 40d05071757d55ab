//! The default bridge: addresses, containers reaching each other, published ports.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use palan_e2e::{Interactive, Output, Scenario, Session, wait_until};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("addresses_and_routes", addresses_and_routes),
    ("containers_reach_each_other", containers_reach_each_other),
    ("published_ports", published_ports),
    (
        "published_port_of_one_address",
        published_port_of_one_address,
    ),
    ("random_port", random_port),
    ("udp_port", udp_port),
    ("port_command", port_command),
    ("reaches_the_host", reaches_the_host),
];

/// Answers each connection to port 80 with `hello`.
const SERVER: &str = "mkdir -p /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www";

/// A shell command that asks the published port of `address`.
fn ask(address: &str) -> String {
    format!("printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 {address} 18080 | tail -n 1")
}

fn fetch(s: &Session, url: &str) -> Result<Output> {
    let mut curl = s.client("curl");
    Output::of(curl.args([
        "--silent",
        "--show-error",
        "--max-time",
        "5",
        "--noproxy",
        "*",
        url,
    ]))
}

fn wait_for(s: &Session, url: &str) -> Result<()> {
    wait_until(&format!("{url} to answer"), Duration::from_secs(15), || {
        Ok(fetch(s, url)?.stdout == "hello\n")
    })
}

fn addresses_and_routes(s: &mut Session) -> Result<()> {
    let script = "ip -o -4 addr show eth0 | tr -s ' ' | cut -d' ' -f2-6; ip route; ls /sys/class/net; cat /sys/class/net/eth0/mtu";
    s.docker_with("run --rm busybox sh -c", script)?.ok()?;
    let format = "{{.NetworkSettings.Gateway}} {{.NetworkSettings.IPPrefixLen}} {{json .NetworkSettings.Ports}}";
    s.quiet("run -d --name one busybox sleep 1000")?;
    s.docker_args(["inspect", "-f", format, "one"])?.ok()?;
    let address = s.quiet("inspect -f {{.NetworkSettings.IPAddress}} one")?;
    let inside = s.quiet_with(
        "exec one sh -c",
        "ip -o -4 addr show eth0 | grep -o '172[0-9.]*' | head -1",
    )?;
    ensure!(address == inside, "{address} is not {inside}");
    s.docker("stop -t 0 one")?.ok()?;
    s.docker_args(["inspect", "-f", "[{{.NetworkSettings.IPAddress}}]", "one"])?
        .says("[]")?;
    Ok(())
}

fn containers_reach_each_other(s: &mut Session) -> Result<()> {
    s.quiet_with("run -d --name server busybox sh -c", SERVER)?;
    let address = s.quiet("inspect -f {{.NetworkSettings.IPAddress}} server")?;
    let script = format!(
        "for i in 1 2 3 4 5 6 7 8 9; do wget -qO- http://{address}/ && break; sleep 0.2; done; ping -c1 -w5 {address} | grep -c 'bytes from'"
    );
    s.docker_with("run --rm busybox sh -c", &script)?
        .says("hello\n1")?;
    Ok(())
}

fn published_ports(s: &mut Session) -> Result<()> {
    s.quiet_with("run -d --name server -p 18080:80 busybox sh -c", SERVER)?;
    wait_for(s, "http://127.0.0.1:18080/")?;
    wait_for(s, "http://198.51.100.1:18080/")?;
    let gateway = s.quiet("inspect -f {{.NetworkSettings.Gateway}} server")?;
    for address in [gateway.as_str(), "198.51.100.1"] {
        let script = ask(address);
        s.docker_with("run --rm busybox sh -c", &script)?
            .says("hello")?;
    }
    // The server itself can reach its published port.
    let script = ask(&gateway);
    s.docker_with("exec server sh -c", &script)?.says("hello")?;
    s.docker("rm -f server")?.ok()?;
    ensure!(
        fetch(s, "http://127.0.0.1:18080/")?.code != Some(0),
        "the port is still open"
    );
    Ok(())
}

fn published_port_of_one_address(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run -d --name server -p 127.0.0.1:18081:80 busybox sh -c",
        SERVER,
    )?;
    wait_for(s, "http://127.0.0.1:18081/")?;
    ensure!(
        fetch(s, "http://198.51.100.1:18081/")?.code != Some(0),
        "open on another address"
    );
    s.docker_args(["ps", "--format", "{{.Ports}}"])?
        .says("127.0.0.1:18081->80/tcp")?;
    Ok(())
}

fn random_port(s: &mut Session) -> Result<()> {
    s.quiet_with("run -d --name server -p 80 busybox sh -c", SERVER)?;
    let port = s.quiet("port server 80/tcp")?;
    let port = port
        .lines()
        .next()
        .and_then(|line| line.rsplit(':').next())
        .unwrap_or_default();
    ensure!(port.parse::<u16>()? >= 32768, "{port}");
    wait_for(s, &format!("http://127.0.0.1:{port}/"))?;
    Ok(())
}

/// Busybox has no UDP server, so one of the host is put into the container's network.
fn udp_port(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name server -p 18053:53/udp busybox sleep 1000")?;
    let pid = s.quiet("inspect -f {{.State.Pid}} server")?;
    let mut server = Command::new("nsenter");
    let echo = "import socket; s=socket.socket(type=socket.SOCK_DGRAM); s.bind(('',53)); print('up',flush=True)\n\
                while True: d,a=s.recvfrom(99); s.sendto(b'echo '+d,a)";
    server.args([&format!("--net=/proc/{pid}/ns/net"), "python3", "-c", echo]);
    let mut server = Interactive::start(&mut server)?;
    server.expect("up")?;
    for address in ["127.0.0.1", "198.51.100.1"] {
        let ask = format!(
            "import socket; s=socket.socket(type=socket.SOCK_DGRAM); s.settimeout(5); \
             s.sendto(b'ping',('{address}',18053)); print(s.recv(99).decode())"
        );
        let output = Output::of(s.client("python3").args(["-c", &ask]))?;
        ensure!(output.ok()? == "echo ping", "{output:?}");
    }
    s.docker_args(["port", "server"])?.ok()?;
    Ok(())
}

fn port_command(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name server -p 18080:80 -p 18443:443 -p 18053:53/udp busybox sleep 1000")?;
    let all = s.quiet("port server")?;
    let mut lines: Vec<&str> = all.lines().collect();
    lines.sort_unstable();
    s.note(&lines.join("\n"));
    s.docker("port server 443")?.ok()?;
    s.docker("port server 99")?.exits(1)?;
    s.docker("run -d -p 18100-18102:90-92 --name range busybox sleep 1000")?
        .ok()?;
    s.docker_args([
        "inspect",
        "-f",
        "{{json .HostConfig.PortBindings}}",
        "range",
    ])?
    .ok()?;
    Ok(())
}

fn reaches_the_host(s: &mut Session) -> Result<()> {
    let mut listener = s.client("python3");
    let server = "import socket; l=socket.create_server(('198.51.100.1',18999)); print('up',flush=True); c,a=l.accept(); c.sendall(b'from the host\\n'); c.close()";
    let mut server = Interactive::start(listener.args(["-c", server]))?;
    server.expect("up")?;
    s.docker("run --rm busybox nc -w 5 198.51.100.1 18999")?
        .says("from the host")?;
    server.finish()?.exits(0)?;
    Ok(())
}
