//! One connection: bytes to and from an engine, with what was read ahead.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use super::host::Host;
use super::names;

/// Bytes read at once.
const READ_SIZE: usize = 16 * 1024;

/// A byte stream to an engine.
#[derive(Debug)]
pub enum Stream {
    /// A unix socket.
    Unix(UnixStream),
    /// A TCP connection.
    Tcp(TcpStream),
}

impl Stream {
    /// Connects.
    pub(super) fn connect(host: &Host) -> io::Result<Self> {
        match host {
            Host::Unix(path) => UnixStream::connect(path).map(Self::Unix),
            Host::Tcp { host, port, .. } => {
                let addresses = names::lookup(host)?;
                let addresses: Vec<SocketAddr> = addresses
                    .into_iter()
                    .map(|address| (address, *port).into())
                    .collect();
                let stream = TcpStream::connect(addresses.as_slice())?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            Host::Ssh { destination, port } => connect_ssh(destination, *port),
        }
    }

    /// A second handle on the same stream, for another thread.
    ///
    /// # Errors
    /// When no descriptor is left.
    pub fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Unix(stream) => stream.try_clone().map(Self::Unix),
            Self::Tcp(stream) => stream.try_clone().map(Self::Tcp),
        }
    }

    /// Ends the writing side: the engine reads end of file.
    ///
    /// # Errors
    /// When the stream is already closed.
    pub fn close_write(&self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    /// Ends both sides: a reader in another thread reads end of file.
    ///
    /// # Errors
    /// When the stream is already closed.
    pub fn close(&self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
        }
    }
}

/// Both standard streams of ssh are one socket, so that it behaves as any other connection.
fn connect_ssh(destination: &str, port: Option<u16>) -> io::Result<Stream> {
    let (ours, theirs) = UnixStream::pair()?;
    let input = OwnedFd::from(theirs.try_clone()?);
    let mut command = Command::new("ssh");
    command.args(["-o", "ConnectTimeout=30", "-T"]);
    if let Some(port) = port {
        command.arg("-p").arg(port.to_string());
    }
    command
        .args(["--", destination, "docker", "system", "dial-stdio"])
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(OwnedFd::from(theirs)))
        .spawn()?;
    Ok(Stream::Unix(ours))
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream with the bytes that were read but not used yet.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    ahead: Vec<u8>,
    used: usize,
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
            used: 0,
        }
    }

    /// Bytes at hand; reads more when there are none. Empty at end of file.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.used == self.ahead.len() {
            self.used = 0;
            self.ahead.resize(READ_SIZE, 0);
            let outcome = loop {
                match self.stream.read(&mut self.ahead) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    outcome => break outcome,
                }
            };
            self.ahead.truncate(*outcome.as_ref().unwrap_or(&0));
            outcome?;
        }
        Ok(&self.ahead[self.used..])
    }

    /// Marks bytes of [`fill`](Self::fill) as used.
    pub(super) fn consume(&mut self, count: usize) {
        self.used = (self.used + count).min(self.ahead.len());
    }

    /// Reads up to a line feed, which is cut off together with a carriage return.
    ///
    /// # Errors
    /// At end of file, and when the line is longer than `limit`.
    pub(super) fn line(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let bytes = self.fill()?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |index| index + 1);
            line.extend_from_slice(&bytes[..taken]);
            self.consume(taken);
            if line.len() > limit {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "line of a response is too long",
                ));
            }
            if end.is_some() {
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
        }
    }

    /// The stream, and the bytes read ahead of it.
    pub(super) fn into_parts(self) -> (Stream, Vec<u8>) {
        let rest = self.ahead[self.used..].to_vec();
        (self.stream, rest)
    }
}
