//! The head of a response: status and headers (RFC 9112).

use std::io;

use super::connection::Connection;

/// Longest line and largest head that are read.
const MAX_LINE: usize = 64 * 1024;
const MAX_HEADERS: usize = 256;

/// Status and headers.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
}

/// How the end of a body is found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

impl Head {
    /// Reads a head; interim answers (`100 Continue`) are skipped.
    pub(super) fn read(connection: &mut Connection) -> io::Result<Self> {
        loop {
            let head = Self::read_one(connection)?;
            if head.status != 100 {
                return Ok(head);
            }
        }
    }

    fn read_one(connection: &mut Connection) -> io::Result<Self> {
        let first = text(connection.line(MAX_LINE)?)?;
        let status = first
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split(' ').nth(1))
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| malformed("no HTTP status line"))?;
        let mut headers = Vec::new();
        loop {
            let line = text(connection.line(MAX_LINE)?)?;
            if line.is_empty() {
                return Ok(Self { status, headers });
            }
            if headers.len() == MAX_HEADERS {
                return Err(malformed("too many headers"));
            }
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| malformed("header without a colon"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// Value of the first header of this name, given in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn framing(&self, method: &str) -> io::Result<Framing> {
        if method == "HEAD" || matches!(self.status, 101 | 204 | 304) {
            return Ok(Framing::None);
        }
        let chunked = self
            .header("transfer-encoding")
            .is_some_and(|value| value.to_ascii_lowercase().ends_with("chunked"));
        if chunked {
            return Ok(Framing::Chunked);
        }
        match self.header("content-length") {
            Some(length) => length
                .parse()
                .map(Framing::Length)
                .map_err(|_| malformed("content length is no number")),
            None => Ok(Framing::UntilClose),
        }
    }

    /// The connection can serve another request afterwards.
    pub(super) fn keeps_alive(&self) -> bool {
        !self
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| malformed("header is no UTF-8"))
}

pub(super) fn malformed(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
