//! The client: versions, kept connections, sending and receiving.

use std::io::{self, Read, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::body::Response;
use super::connection::{Connection, Stream};
use super::error::ClientError;
use super::head::Head;
use super::host::Host;
use super::request::{Body, Request, write_chunks};
use crate::{ApiVersion, ErrorResponse};

/// How the API version of requests is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// Ask first, then speak the older of the engine's version and the current one.
    Negotiate,
    /// Always this one.
    Fixed(ApiVersion),
}

/// A client of one engine. May be shared between threads.
#[derive(Debug)]
pub struct Client {
    host: Host,
    versioning: Versioning,
    version: OnceLock<ApiVersion>,
    idle: Mutex<Vec<Connection>>,
}

/// A request that was sent; its answer was not read yet.
#[derive(Debug)]
pub struct Pending<'c> {
    client: &'c Client,
    connection: Connection,
    method: &'static str,
    path: String,
}

/// The raw connection behind an answer.
#[derive(Debug)]
pub struct Hijacked {
    /// The connection, for writing and closing.
    pub stream: Stream,
    ahead: Vec<u8>,
    used: usize,
}

impl Client {
    /// A client; does not connect yet.
    #[must_use]
    pub fn new(host: Host, versioning: Versioning) -> Self {
        Self {
            host,
            versioning,
            version: OnceLock::new(),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Where the engine listens.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The API version that requests carry.
    ///
    /// # Errors
    /// When it must be negotiated and nothing answers.
    pub fn version(&self) -> Result<ApiVersion, ClientError> {
        if let Some(version) = self.version.get() {
            return Ok(*version);
        }
        let version = match self.versioning {
            Versioning::Fixed(version) => version,
            Versioning::Negotiate => {
                let response = self
                    .dispatch(Request::new("HEAD", &["_ping"]), "")?
                    .head()?;
                let theirs = response
                    .header("api-version")
                    .and_then(|text| text.parse().ok());
                theirs
                    .unwrap_or(ApiVersion::MINIMUM)
                    .min(ApiVersion::CURRENT)
            }
        };
        Ok(*self.version.get_or_init(|| version))
    }

    /// Connects ahead of time, so that the next request need not.
    ///
    /// # Errors
    /// When nothing answers.
    pub fn warm_up(&self) -> Result<(), ClientError> {
        let connection = self.connect()?;
        self.give_back(connection);
        Ok(())
    }

    /// Sends a request without waiting for the answer.
    ///
    /// # Errors
    /// When nothing answers or the connection breaks.
    pub fn send(&self, request: Request<'_>) -> Result<Pending<'_>, ClientError> {
        let prefix = format!("/v{}", self.version()?);
        self.dispatch(request, &prefix)
    }

    /// Sends a request and reads the head of a successful answer.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when the engine refuses.
    pub fn call(&self, request: Request<'_>) -> Result<Response<'_>, ClientError> {
        self.send(request)?.response()
    }

    fn dispatch(&self, mut request: Request<'_>, prefix: &str) -> Result<Pending<'_>, ClientError> {
        let base = match &self.host {
            Host::Tcp { base, .. } => base.as_str(),
            _ => "",
        };
        let head = request.head(&format!("{base}{prefix}"), &self.host_header());
        let mut connection = match self.take_idle() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        if connection.stream.write_all(&head).is_err() {
            // A kept connection may have been closed by the engine; a new one tells for sure.
            connection = self.connect()?;
            connection.stream.write_all(&head)?;
        }
        if let Body::Stream { reader, .. } = &mut request.body {
            match write_chunks(&mut connection.stream, *reader) {
                // The engine answers before it has read all when it refuses: read why.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                outcome => outcome?,
            }
        }
        Ok(Pending {
            client: self,
            connection,
            method: request.method,
            path: format!("{prefix}{}", request.path),
        })
    }

    fn connect(&self) -> Result<Connection, ClientError> {
        Stream::connect(&self.host)
            .map(Connection::new)
            .map_err(|source| ClientError::Connect {
                host: self.host.clone(),
                source,
            })
    }

    fn host_header(&self) -> String {
        match &self.host {
            Host::Tcp { host, port, .. } if host.contains(':') => format!("[{host}]:{port}"),
            Host::Tcp { host, port, .. } => format!("{host}:{port}"),
            _ => "api.palan.localhost".to_owned(),
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    pub(super) fn give_back(&self, connection: Connection) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
    }
}

impl<'c> Pending<'c> {
    /// Reads the head of the answer, whatever its status.
    ///
    /// # Errors
    /// When the connection breaks.
    fn head(mut self) -> Result<Response<'c>, ClientError> {
        let head = Head::read(&mut self.connection)?;
        Ok(Response::new(
            self.client,
            self.connection,
            head,
            self.method,
        )?)
    }

    /// Reads the head of a successful answer.
    ///
    /// # Errors
    /// When the connection breaks or the engine refuses.
    pub fn response(self) -> Result<Response<'c>, ClientError> {
        let path = self.path.clone();
        let response = self.head()?;
        if (200..400).contains(&response.status()) {
            return Ok(response);
        }
        Err(refusal(response, &path))
    }

    /// Takes over the raw connection behind the answer.
    ///
    /// # Errors
    /// When the connection breaks or the engine refuses.
    pub fn hijack(mut self) -> Result<Hijacked, ClientError> {
        let head = Head::read(&mut self.connection)?;
        if matches!(head.status, 101 | 200) {
            let (stream, ahead) = self.connection.into_parts();
            return Ok(Hijacked {
                stream,
                ahead,
                used: 0,
            });
        }
        let response = Response::new(self.client, self.connection, head, self.method)?;
        Err(refusal(response, &self.path))
    }
}

impl Read for Hijacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.ahead[self.used..];
        if rest.is_empty() {
            return self.stream.read(buffer);
        }
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.used += count;
        Ok(count)
    }
}

/// The engine's reason. Hijacked requests are refused in plain text, the others in JSON.
fn refusal(response: Response<'_>, path: &str) -> ClientError {
    let status = response.status();
    let bytes = response.bytes().unwrap_or_default();
    let message = match serde_json::from_slice::<ErrorResponse>(&bytes) {
        Ok(refusal) => refusal.message,
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    let message = match message.trim() {
        "" => format!(
            "request returned status {status} for API route and version {path}, check if the \
             server supports the requested API version"
        ),
        text => text.to_owned(),
    };
    ClientError::Refused { status, message }
}
