//! A keep-alive client of Docker's API: just enough HTTP/1.1 (RFC 9112) to time requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::image;

/// One connection.
pub struct Api(BufReader<UnixStream>);

impl Api {
    /// Connects to an engine's socket.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket);
        Ok(Self(BufReader::new(stream.with_context(|| {
            format!("failed to connect to {socket:?}")
        })?)))
    }

    /// Creates a container and returns its id.
    ///
    /// # Errors
    /// When the engine refuses.
    pub fn create(&mut self, program: &str, network: &str) -> Result<String> {
        let host = json!({"NetworkMode": network});
        let body = json!({"Image": image::NAME, "Cmd": [program], "HostConfig": host});
        let answer = self.request("POST", "/v1.41/containers/create", Some(&body))?;
        let id = answer["Id"].as_str().context("the answer has no id")?;
        Ok(id.to_owned())
    }

    pub fn start(&mut self, id: &str) -> Result<()> {
        self.request("POST", &format!("/v1.41/containers/{id}/start"), None)
            .map(drop)
    }

    pub fn wait(&mut self, id: &str) -> Result<()> {
        self.request("POST", &format!("/v1.41/containers/{id}/wait"), None)
            .map(drop)
    }

    pub fn remove(&mut self, id: &str) -> Result<()> {
        self.request(
            "DELETE",
            &format!("/v1.41/containers/{id}?force=1&v=1"),
            None,
        )
        .map(drop)
    }

    /// The process id of a running container.
    ///
    /// # Errors
    /// When the engine does not know the container.
    pub fn pid(&mut self, id: &str) -> Result<u32> {
        let answer = self.request("GET", &format!("/v1.41/containers/{id}/json"), None)?;
        let pid = answer["State"]["Pid"]
            .as_u64()
            .context("the answer has no pid")?;
        Ok(u32::try_from(pid)?)
    }

    fn request(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0
            .get_mut()
            .write_all(head.as_bytes())
            .context("failed to send a request")?;
        let (status, body) = self.answer()?;
        if !(200..300).contains(&status) {
            bail!(
                "{method} {path} answered {status}: {}",
                String::from_utf8_lossy(&body)
            );
        }
        Ok(serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    fn answer(&mut self) -> Result<(u16, Vec<u8>)> {
        let status = self.line()?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse::<u16>().ok());
        let status = status.context("the answer has no status")?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(':') {
                None => break,
                Some(("content-length", value)) => length = value.trim().parse()?,
                Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
                Some(_) => {}
            }
        }
        let body = if chunked {
            self.chunks()?
        } else {
            self.bytes(length)?
        };
        Ok((status, body))
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(self.line()?.trim(), 16).context("bad chunk size")?;
            body.extend(self.bytes(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.0
            .read_exact(&mut bytes)
            .context("failed to read an answer")?;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self
            .0
            .read_line(&mut line)
            .context("failed to read an answer")?
            == 0
        {
            bail!("the engine closed the connection");
        }
        Ok(line.trim_end().to_owned())
    }
}
