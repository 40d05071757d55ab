//! A small HTTP/1.1 server whose answers are written byte by byte, so that they can be wrong.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use palan_model::Digest;
use palan_model::oci::Descriptor;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// An answer: the bytes that go over the wire. The connection is closed after a cut one.
pub struct Reply {
    bytes: Vec<u8>,
    cut: bool,
}

pub fn reply(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    Reply { bytes, cut: false }
}

pub fn ok(body: &[u8]) -> Reply {
    reply("200 OK", &[], body)
}

pub fn problem(status: &str, code: &str, message: &str) -> Reply {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
    reply(
        status,
        &[("Content-Type", "application/json")],
        body.as_bytes(),
    )
}

impl Reply {
    /// Without its last bytes: the connection breaks before them.
    pub fn cut(mut self, missing: usize) -> Self {
        self.bytes.truncate(self.bytes.len() - missing);
        self.cut = true;
        self
    }
}

pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Starts a server on a free port of the loopback interface.
    pub async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), answer).await
    }

    /// Starts a server at an address.
    pub async fn start_at(
        address: SocketAddr,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let log = seen.clone();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let accept = async move {
            let mut tasks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tasks.spawn(serve(stream, answer.clone(), log.clone()));
            }
        };
        let task = tokio::spawn(accept).abort_handle();
        Self {
            address,
            seen,
            connections,
            task,
        }
    }

    /// A reference to a repository on this server.
    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    /// Requests so far, without those that look for the registry.
    pub fn requests(&self) -> Vec<Request> {
        let seen = self.seen.lock().unwrap().clone();
        seen.into_iter()
            .filter(|request| request.path != "/v2/")
            .collect()
    }

    /// Connections so far, the one that tried TLS included.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn count(&self, path: &str) -> usize {
        let requests = self.requests();
        requests
            .iter()
            .filter(|request| request.path == path)
            .count()
    }
}

async fn serve(
    stream: TcpStream,
    answer: Arc<impl Fn(&Request) -> Reply>,
    seen: Arc<Mutex<Vec<Request>>>,
) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = request(&mut stream).await {
        seen.lock().unwrap().push(request.clone());
        let reply = answer(&request);
        if stream.write_all(&reply.bytes).await.is_err() || reply.cut {
            return;
        }
    }
}

/// The next request; none at the end, or when it is a TLS handshake.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let first = stream.fill_buf().await.ok()?;
    if !first.first()?.is_ascii_uppercase() {
        return None;
    }
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        (&mut *stream)
            .take(64 * 1024)
            .read_line(&mut line)
            .await
            .ok()?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let header = |line: &String| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers = lines[1..].iter().filter_map(header).collect();
    Some(Request { path, headers })
}

pub fn digest(bytes: &[u8]) -> Digest {
    Digest::from_sha256(&Sha256::digest(bytes).into())
}

pub fn descriptor(kind: &str, bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: kind.to_owned(),
        digest: digest(bytes),
        size: bytes.len() as u64,
        platform: None,
        annotations: Default::default(),
    }
}

/// A manifest that names a configuration by its text.
pub fn manifest(config: &str) -> Vec<u8> {
    let config = descriptor(palan_model::oci::media_type::OCI_CONFIG, config.as_bytes());
    let config = serde_json::to_string(&config).unwrap();
    format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]}}"#).into_bytes()
}
