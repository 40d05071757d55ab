//! HTTP by hand: what is sent and received is seen as it is.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The text of a request with an optional JSON body.
pub fn request(method: &str, path: &str, body: &str) -> String {
    let content_type = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/json\r\n"
    };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: d\r\n{content_type}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A header's value in a head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

/// A connection, or any other stream.
pub struct Client {
    stream: UnixStream,
    read: Vec<u8>,
}

impl Client {
    pub fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            read: Vec::new(),
        }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Ends the writing side.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Reads more; false at the end.
    async fn fill(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer));
        let length = read.await.expect("something comes").unwrap();
        self.read.extend_from_slice(&buffer[..length]);
        length > 0
    }

    /// Exactly these bytes must come next.
    pub async fn expect(&mut self, wanted: &[u8]) {
        while self.read.len() < wanted.len() && self.fill().await {}
        let length = wanted.len().min(self.read.len());
        let got: Vec<u8> = self.read.drain(..length).collect();
        assert_eq!(
            String::from_utf8_lossy(&got),
            String::from_utf8_lossy(wanted)
        );
    }

    /// Nothing more comes, and the other side has ended.
    pub async fn expect_end(&mut self) {
        while self.fill().await {}
        assert_eq!(String::from_utf8_lossy(&self.read), "");
    }

    /// A head, its empty line included.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = self.read.drain(..end + 4).collect();
                return String::from_utf8(head).unwrap();
            }
            assert!(
                self.fill().await,
                "the connection ended in a head: {:?}",
                self.read
            );
        }
    }

    /// A whole answer.
    pub async fn response(&mut self) -> Response {
        let head = self.head().await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if header(&head, "Transfer-Encoding") == Some("chunked") {
            self.chunked().await
        } else {
            let length = header(&head, "Content-Length").map_or(0, |text| text.parse().unwrap());
            self.take(length).await
        };
        Response { status, head, body }
    }

    async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            assert!(self.fill().await, "the connection ended in a body");
        }
        self.read.drain(..length).collect()
    }

    /// One chunk of a chunked body; empty at its end.
    pub async fn chunk(&mut self) -> Vec<u8> {
        let line = loop {
            if let Some(end) = self.read.windows(2).position(|bytes| bytes == b"\r\n") {
                break self.take(end + 2).await;
            }
            assert!(self.fill().await, "the connection ended in a chunk");
        };
        let line = String::from_utf8(line).unwrap();
        let length = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = self.take(length + 2).await;
        chunk.truncate(length);
        chunk
    }

    async fn chunked(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let chunk = self.chunk().await;
            if chunk.is_empty() {
                return body;
            }
            body.extend(chunk);
        }
    }
}
