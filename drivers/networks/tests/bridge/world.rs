//! A host, its containers and a machine outside, all of them network namespaces of this process.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use palan_contracts::{AttachmentSpec, NetworkDriver};
use palan_model::Timestamp;
use palan_model::id::{EndpointId, NetworkId};
use palan_model::network::{BridgeSpec, EndpointLease, NetworkRecord, PublishSpec, Subnet};
use palan_networks::{BridgeDriver, NetworkConfig};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(172, 17, 0, 1);
pub const LOCALHOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// The host as seen from outside.
pub const HOST: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
pub const OUTSIDE: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
/// How long a connection that must work may take, and how often it is tried.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait for one that must not work.
const IMPATIENCE: Duration = Duration::from_millis(400);

/// The namespaces of one test.
pub struct World {
    pub driver: BridgeDriver,
    pub network: NetworkRecord,
    pub host: Arc<OwnedFd>,
    pub outside: Arc<OwnedFd>,
    runtime: tokio::runtime::Runtime,
    next: std::cell::Cell<u8>,
}

/// A container's network side.
pub struct Sandbox {
    pub fd: Arc<OwnedFd>,
    pub lease: EndpointLease,
}

/// Runs a test in a thread that is in a new host namespace.
pub fn in_new_host(test: impl FnOnce(World) + Send + 'static) {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: needs root to make network namespaces");
        return;
    }
    let thread = thread::spawn(move || {
        palan_linux::namespaces::unshare(UnshareFlags::NEWNET).expect("unshare");
        test(World::new(NetworkConfig::default()));
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

impl World {
    /// A world around the calling thread's namespace, with a default network.
    pub fn new(config: NetworkConfig) -> Self {
        let host = Arc::new(here());
        let outside = Arc::new(within(&host, || {
            palan_linux::namespaces::unshare(UnshareFlags::NEWNET).expect("unshare");
            here()
        }));
        run("ip link set lo up");
        run(&format!(
            "ip link add up0 type veth peer name eth0 netns {}",
            path(&outside)
        ));
        run(&format!("ip addr add {HOST}/24 dev up0"));
        run("ip link set up0 up");
        within(&outside, || {
            run("ip link set lo up");
            run(&format!("ip addr add {OUTSIDE}/24 dev eth0"));
            run("ip link set eth0 up");
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("runtime");
        let world = Self {
            driver: BridgeDriver::new(config).expect("driver"),
            network: network("bridge0", 17),
            host,
            outside,
            runtime,
            next: std::cell::Cell::new(2),
        };
        world.ensure(&world.network);
        world
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub fn ensure(&self, network: &NetworkRecord) {
        self.wait(self.driver.ensure_network(network))
            .expect("ensure_network");
    }

    pub fn spec(&self, publish: &[PublishSpec]) -> AttachmentSpec {
        let n = self.next.get();
        self.next.set(n.wrapping_add(1).max(2));
        AttachmentSpec {
            id: EndpointId::random(),
            address: Ipv4Addr::new(172, 17, 0, n),
            mac: None,
            interface: "eth0".to_owned(),
            default_route: true,
            publish: publish.to_vec(),
        }
    }

    pub fn try_start(&self, publish: &[PublishSpec]) -> palan_contracts::Result<Sandbox> {
        self.try_start_on(&self.network, self.spec(publish))
    }

    pub fn try_start_on(
        &self,
        network: &NetworkRecord,
        spec: AttachmentSpec,
    ) -> palan_contracts::Result<Sandbox> {
        self.wait(async {
            let fd = self.driver.create_sandbox(&[]).await?;
            let lease = self.driver.attach(fd.as_fd(), network, spec).await?;
            Ok(Sandbox {
                fd: Arc::new(fd),
                lease,
            })
        })
    }

    pub fn start(&self, publish: &[PublishSpec]) -> Sandbox {
        self.try_start(publish).expect("attach")
    }

    pub fn detach(&self, sandbox: &Sandbox) {
        self.wait(self.driver.detach(&self.network, &sandbox.lease))
            .expect("detach");
    }

    pub fn reconcile(&self, live: &[&Sandbox]) {
        let live: Vec<_> = live.iter().map(|s| s.lease.clone()).collect();
        let networks = [self.network.clone()];
        self.wait(self.driver.reconcile(&networks, &live))
            .expect("reconcile");
    }

    /// The engine's interfaces on the host.
    pub fn interfaces(&self) -> Vec<String> {
        let text = run("ip -o link show");
        text.lines()
            .filter_map(|line| line.split(": ").nth(1))
            .map(|name| name.split('@').next().unwrap_or(name).to_owned())
            .filter(|name| name.starts_with("pln-"))
            .collect()
    }
}

pub fn network(interface: &str, third: u8) -> NetworkRecord {
    let subnet = Subnet {
        address: Ipv4Addr::new(172, third, 0, 0),
        prefix: 16,
    };
    NetworkRecord {
        id: NetworkId::random(),
        name: interface.to_owned(),
        driver: "bridge".to_owned(),
        created: Timestamp::now(),
        bridge: Some(BridgeSpec {
            interface: interface.to_owned(),
            subnet,
            gateway: Ipv4Addr::new(172, third, 0, 1),
            mtu: 1500,
        }),
        options: Default::default(),
        labels: Default::default(),
    }
}

/// `8080:80/tcp` and the like; host part as `port`, `first-last` or nothing, with `ip:` before it.
pub fn publish(text: &str) -> PublishSpec {
    let (host, container) = text.rsplit_once(':').unwrap_or(("", text));
    let (ip, ports) = match host.rsplit_once(':') {
        Some((ip, ports)) => (Some(ip.parse().expect("address")), ports),
        None => (None, host),
    };
    let ports = match ports.split_once('-') {
        _ if ports.is_empty() => None,
        Some((a, b)) => Some((a.parse().expect("port"), b.parse().expect("port"))),
        None => Some((ports.parse().expect("port"), ports.parse().expect("port"))),
    };
    PublishSpec {
        container: container.parse().expect("port"),
        host_ip: ip,
        host_ports: ports,
    }
}

/// The calling thread's namespace.
pub fn here() -> OwnedFd {
    File::open("/proc/thread-self/ns/net")
        .expect("namespace")
        .into()
}

fn path(namespace: &OwnedFd) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), namespace.as_raw_fd())
}

/// Runs something in another namespace, in a thread of its own.
pub fn within<T: Send>(namespace: &OwnedFd, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let work = scope.spawn(|| {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("setns");
            work()
        });
        work.join().expect("thread in a namespace")
    })
}

/// Runs a program and returns what it prints.
pub fn run(command: &str) -> String {
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().expect("program"))
        .args(words)
        .output()
        .expect(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// A TCP and UDP server that tells its name and who asks. It ends with the test's process.
pub fn serve(namespace: &Arc<OwnedFd>, port: u16, name: &'static str) {
    let (ready, wait) = channel();
    let namespace = Arc::clone(namespace);
    thread::spawn(move || {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
            .expect("setns");
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let listener = TcpListener::bind(any).expect("listen");
        let socket = UdpSocket::bind(any).expect("bind");
        thread::spawn(move || answer_datagrams(&socket, name));
        ready.send(()).expect("test waits");
        for stream in listener.incoming() {
            let mut stream = stream.expect("accept");
            let peer = stream.peer_addr().expect("peer").ip();
            let _ = write!(stream, "{name} {peer}");
        }
    });
    wait.recv().expect("server starts");
}

fn answer_datagrams(socket: &UdpSocket, name: &str) {
    let mut buffer = [0; 16];
    while let Ok((_, peer)) = socket.recv_from(&mut buffer) {
        let _ = socket.send_to(format!("{name} {}", peer.ip()).as_bytes(), peer);
    }
}

/// What a server at this address says, over TCP.
pub fn ask_once(
    from: &OwnedFd,
    to: impl Into<IpAddr>,
    port: u16,
    limit: Duration,
) -> Result<String, String> {
    let address = SocketAddr::new(to.into(), port);
    within(from, || {
        let mut stream = TcpStream::connect_timeout(&address, limit).map_err(|e| e.to_string())?;
        stream
            .set_read_timeout(Some(limit))
            .map_err(|e| e.to_string())?;
        let mut text = String::new();
        stream
            .read_to_string(&mut text)
            .map_err(|e| e.to_string())?;
        Ok(text)
    })
}

/// The same over UDP.
pub fn ask_udp_once(
    from: &OwnedFd,
    to: impl Into<IpAddr>,
    port: u16,
    limit: Duration,
) -> Result<String, String> {
    let address = SocketAddr::new(to.into(), port);
    within(from, || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).map_err(|e| e.to_string())?;
        socket
            .set_read_timeout(Some(limit))
            .map_err(|e| e.to_string())?;
        socket.connect(address).map_err(|e| e.to_string())?;
        socket.send(b"?").map_err(|e| e.to_string())?;
        let mut buffer = [0; 64];
        let n = socket.recv(&mut buffer).map_err(|e| e.to_string())?;
        Ok(String::from_utf8_lossy(&buffer[..n]).into_owned())
    })
}

pub fn ask(from: &OwnedFd, to: impl Into<IpAddr>, port: u16) -> Result<String, String> {
    ask_once(from, to, port, PATIENCE)
}

pub fn ask_udp(from: &OwnedFd, to: impl Into<IpAddr>, port: u16) -> Result<String, String> {
    ask_udp_once(from, to, port, PATIENCE)
}

/// Nobody answers over TCP.
pub fn refused(from: &OwnedFd, to: impl Into<IpAddr>, port: u16) -> bool {
    ask_once(from, to, port, IMPATIENCE).is_err()
}

/// Waits until something is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
