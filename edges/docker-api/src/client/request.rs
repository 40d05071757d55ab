//! Requests: method, path, query, body; and how they are written.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::connection::Stream;

/// Bytes sent per chunk of a streamed body.
const CHUNK_SIZE: usize = 64 * 1024;
/// What needs no escape in a query value or a path segment (RFC 3986, "Unreserved").
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a request carries.
pub enum Body<'a> {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(Vec<u8>),
    /// Bytes of unknown length, sent in chunks.
    Stream {
        /// Their media type.
        content_type: &'static str,
        /// The bytes.
        reader: &'a mut dyn Read,
    },
}

/// A request, without the API version in front of its path.
pub struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body<'a>,
    pub(super) upgrade: bool,
}

impl<'a> Request<'a> {
    /// A request without a body. Segments are joined by `/` and escaped.
    #[must_use]
    pub fn new(method: &'static str, segments: &[&str]) -> Self {
        let mut path = String::new();
        for segment in segments {
            // Names of images hold slashes, which separate segments of the path too.
            for part in segment.split('/') {
                path.push('/');
                let _ = write!(path, "{}", utf8_percent_encode(part, ESCAPED));
            }
        }
        Self {
            method,
            path,
            query: String::new(),
            headers: Vec::new(),
            body: Body::Empty,
            upgrade: false,
        }
    }

    /// `GET`.
    #[must_use]
    pub fn get(segments: &[&str]) -> Self {
        Self::new("GET", segments)
    }

    /// `POST`.
    #[must_use]
    pub fn post(segments: &[&str]) -> Self {
        Self::new("POST", segments)
    }

    /// `DELETE`.
    #[must_use]
    pub fn delete(segments: &[&str]) -> Self {
        Self::new("DELETE", segments)
    }

    /// Adds `name=value` to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query
            .push(if self.query.is_empty() { '?' } else { '&' });
        let _ = write!(
            self.query,
            "{}={}",
            utf8_percent_encode(name, ESCAPED),
            utf8_percent_encode(value, ESCAPED)
        );
        self
    }

    /// Adds `name=1` when the switch is on.
    #[must_use]
    pub fn query_if(self, name: &str, on: bool) -> Self {
        if on { self.query(name, "1") } else { self }
    }

    /// Adds `name=value` when the value is not empty.
    #[must_use]
    pub fn query_some(self, name: &str, value: &str) -> Self {
        if value.is_empty() {
            self
        } else {
            self.query(name, value)
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Carries a JSON document.
    #[must_use]
    pub fn json<T: Serialize>(mut self, value: &T) -> Self {
        let bytes = serde_json::to_vec(value).expect("wire types have only text keys");
        self.body = Body::Json(bytes);
        self
    }

    /// Carries a stream of bytes.
    #[must_use]
    pub fn stream(mut self, content_type: &'static str, reader: &'a mut dyn Read) -> Self {
        self.body = Body::Stream {
            content_type,
            reader,
        };
        self
    }

    /// Asks for the raw connection after the answer (`Upgrade: tcp`).
    #[must_use]
    pub fn upgrade(mut self) -> Self {
        self.upgrade = true;
        self
    }

    /// The head and the body in one piece when the body is in memory.
    pub(super) fn head(&self, prefix: &str, host: &str) -> Vec<u8> {
        let mut head = format!(
            "{} {prefix}{}{} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Palan/{} (linux)\r\n",
            self.method,
            self.path,
            self.query,
            env!("CARGO_PKG_VERSION"),
        );
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if self.upgrade {
            head.push_str("Connection: Upgrade\r\nUpgrade: tcp\r\n");
        }
        let mut bytes = head.into_bytes();
        match &self.body {
            Body::Empty if self.method == "POST" => bytes.extend(b"Content-Length: 0\r\n\r\n"),
            Body::Empty => bytes.extend(b"\r\n"),
            Body::Json(json) => {
                let lines = format!(
                    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    json.len()
                );
                bytes.extend(lines.as_bytes());
                bytes.extend(json);
            }
            Body::Stream { content_type, .. } => {
                let lines =
                    format!("Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n");
                bytes.extend(lines.as_bytes());
            }
        }
        bytes
    }
}

/// Sends a body in chunks (RFC 9112, 7.1).
pub(super) fn write_chunks(stream: &mut Stream, reader: &mut dyn Read) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK_SIZE];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if count == 0 {
            return stream.write_all(b"0\r\n\r\n");
        }
        let mut chunk = format!("{count:x}\r\n").into_bytes();
        chunk.extend_from_slice(&buffer[..count]);
        chunk.extend_from_slice(b"\r\n");
        stream.write_all(&chunk)?;
    }
}
