//! Sessions that take a connection over: attach and exec. Bytes go both ways until the container's
//! output ends, the client leaves, or the detach keys are typed.
//!
//! A session begins when the client has read the head of the answer. Only then is an exec'd process
//! started: some clients lose output that they read together with the head.
//!
//! ```text
//! client --input--> Input --> container's standard input
//! client <--------- copied as it is, frames included --------- container's output
//! ```
//!
//! The container never notices how a session ends, except by its standard input.

use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, UPGRADE};
use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;
use palan_contracts::LogReader;
use palan_docker_api::ApiVersion;
use palan_docker_api::stdio::{MULTIPLEXED, RAW, StreamId, frame_header};
use palan_engine::containers::Attachment;
use palan_model::log::StdStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::unix::OwnedWriteHalf;

use crate::detach_keys::Matcher;
use crate::failure::Failure;
use crate::listener::Connection;
use crate::request::Takeover;
use crate::response::{Answer, Body, empty};

/// How the client is given time to read the head: most do so at once.
const HEAD_YIELDS: u32 = 50;
const HEAD_SLEEPS: u32 = 250;
const HEAD_SLEEP: Duration = Duration::from_millis(1);
/// How long a client may take to hang up after the end of a session.
const LINGER: Duration = Duration::from_secs(2);
/// How long the end of a session waits for an exit code after the output has ended.
const EXIT_CODE: Duration = Duration::from_secs(1);
/// Bytes copied at once.
const CHUNK: usize = 32 << 10;

/// What the client sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct InputOptions {
    /// It is read at all.
    pub(crate) attached: bool,
    /// Its end closes the container's standard input; else it ends the session.
    pub(crate) close: bool,
    /// Keys that end the session; only looked for on a terminal.
    pub(crate) detach_keys: Vec<u8>,
}

/// Gives the streams; an error is a text for the client.
type Opening = BoxFuture<'static, Result<Option<Attachment>, String>>;

/// A session that begins when the answer is written.
pub(crate) struct Session {
    /// The process has a terminal: its output comes without frames.
    tty: bool,
    /// The client gets the output without frames.
    raw: bool,
    opening: Opening,
    input: InputOptions,
}

impl Session {
    /// A session with streams that are there.
    pub(crate) fn attached(attachment: Attachment, input: InputOptions) -> Self {
        let tty = attachment.tty;
        Self::opening(tty, input, async { Ok(Some(attachment)) })
    }

    /// A session whose streams are opened when it begins. The text of a failure is written in their
    /// place.
    pub(crate) fn opening(
        tty: bool,
        input: InputOptions,
        opening: impl Future<Output = Result<Option<Attachment>, String>> + Send + 'static,
    ) -> Self {
        Self {
            tty,
            raw: tty,
            opening: Box::pin(opening),
            input,
        }
    }

    /// The client expects frames, even if the process has a terminal.
    pub(crate) fn in_frames(self) -> Self {
        Self { raw: false, ..self }
    }

    /// The answer that begins this session.
    ///
    /// # Errors
    /// When the client's protocol has no way to hand a connection over.
    pub(crate) fn answer(
        self,
        takeover: Option<Takeover>,
        version: ApiVersion,
    ) -> Result<Answer, Failure> {
        let takeover = takeover
            .ok_or_else(|| Failure::bad_request("this request needs a connection of HTTP/1.1"))?;
        let multiplexed =
            takeover == Takeover::Upgrade && !self.raw && version >= ApiVersion::v1(42);
        let content_type = if multiplexed { MULTIPLEXED } else { RAW };
        Ok(Answer::Hijack(switching_protocols(content_type), self))
    }

    /// Carries the session out. `read` was already read from the client.
    pub(crate) async fn run(self, stream: Box<dyn Connection>, read: Bytes) {
        head_was_read(&*stream).await;
        let (mut reader, mut writer) = tokio::io::split(stream);
        let input = Input {
            reader: &mut reader,
            read,
            options: self.input,
            tty: self.tty,
        };
        let output = async {
            match self.opening.await {
                Ok(None) => {}
                Ok(Some(attachment)) => copy(attachment, input, self.raw, &mut writer).await?,
                Err(text) => {
                    write_piece(&mut writer, StreamId::Stdout, text.as_bytes(), self.raw).await?;
                }
            }
            writer.shutdown().await
        };
        match output.await {
            Ok(()) => linger(reader).await,
            // The client went away; nobody is left to tell.
            Err(error) => tracing::debug!("attached client left: {error}"),
        }
    }
}

/// Waits until the client has read what was written, but not for ever.
async fn head_was_read(stream: &dyn Connection) {
    for attempt in 0..HEAD_YIELDS + HEAD_SLEEPS {
        if stream.is_drained() {
            return;
        }
        if attempt < HEAD_YIELDS {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(HEAD_SLEEP).await;
        }
    }
}

/// Passes over what the client still sends, until it has seen the end of the output: closing a
/// socket with unread bytes would take that output away from it.
async fn linger(mut reader: impl AsyncRead + Unpin) {
    let mut buffer = vec![0; CHUNK];
    let rest = async {
        while reader
            .read(&mut buffer)
            .await
            .is_ok_and(|length| length > 0)
        {}
    };
    // A client that does not hang up in time has seen the end, or never will.
    let _ = tokio::time::timeout(LINGER, rest).await;
}

fn switching_protocols(content_type: &'static str) -> Response<Body> {
    let mut response = empty(StatusCode::SWITCHING_PROTOCOLS);
    response
        .extensions_mut()
        .insert(ReasonPhrase::from_static(b"UPGRADED"));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("tcp"));
    response
}

/// Writes a piece of output, in a frame unless it is to be raw.
async fn write_piece(
    writer: &mut (impl AsyncWrite + Unpin),
    stream: StreamId,
    bytes: &[u8],
    raw: bool,
) -> io::Result<()> {
    if !raw {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        writer.write_all(&frame_header(stream, length)).await?;
    }
    writer.write_all(bytes).await
}

async fn write_logs(
    mut logs: Box<dyn LogReader>,
    raw: bool,
    writer: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    while let Some(entry) = logs.next().await.map_err(io::Error::other)? {
        write_piece(writer, stream_id(entry.stream), &entry.message, raw).await?;
    }
    Ok(())
}

/// The number of a stream in frames.
pub(crate) fn stream_id(stream: StdStream) -> StreamId {
    match stream {
        StdStream::Stdout => StreamId::Stdout,
        StdStream::Stderr => StreamId::Stderr,
    }
}

/// Writes what was logged, then copies both ways until the output ends or the client leaves.
async fn copy(
    attachment: Attachment,
    input: Input<'_, impl AsyncRead + Unpin>,
    raw: bool,
    writer: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    if let Some(logs) = attachment.logs {
        write_logs(logs, raw, writer).await?;
    }
    let Some(stream) = attachment.stream else {
        return Ok(());
    };
    // None when the container was removed, or could not be started.
    let Some(container) = stream.ready().await else {
        return Ok(());
    };
    let (mut output, stdin) = container.into_split();
    // Without a terminal the output comes in frames already.
    let wrap = input.tty && !raw;
    tokio::select! {
        copied = copy_output(&mut output, wrap, writer) => copied?,
        () = input.copy(stdin) => return Ok(()),
    }
    if let Some(ended) = attachment.ended {
        // A process that closed its output may go on for long.
        let _ = tokio::time::timeout(EXIT_CODE, ended.known()).await;
    }
    Ok(())
}

async fn copy_output(
    output: &mut (impl AsyncRead + Unpin),
    wrap: bool,
    writer: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        // A runner that is gone ends the output like an ordinary end.
        let length = output.read(&mut buffer).await.unwrap_or(0);
        if length == 0 {
            return Ok(());
        }
        write_piece(writer, StreamId::Stdout, &buffer[..length], !wrap).await?;
        writer.flush().await?;
    }
}

/// The client's side of a session.
struct Input<'a, R> {
    reader: &'a mut R,
    read: Bytes,
    options: InputOptions,
    tty: bool,
}

impl<R: AsyncRead + Unpin> Input<'_, R> {
    /// Copies to the container; returns only when the session is to end.
    async fn copy(mut self, mut stdin: OwnedWriteHalf) {
        if !self.options.attached {
            return std::future::pending().await;
        }
        let keys = if self.tty {
            std::mem::take(&mut self.options.detach_keys)
        } else {
            Vec::new()
        };
        let mut matcher = Matcher::new(keys);
        let mut bytes = std::mem::take(&mut self.read);
        let mut buffer = vec![0; CHUNK];
        loop {
            let typed = matcher.feed(&bytes);
            if stdin.write_all(&typed.bytes).await.is_err() {
                // Nobody reads any more, but the output goes on.
                return std::future::pending().await;
            }
            if typed.detach {
                return;
            }
            match self.reader.read(&mut buffer).await {
                Ok(0) => break,
                Ok(length) => bytes = Bytes::copy_from_slice(&buffer[..length]),
                Err(_) => return,
            }
        }
        if self.options.close && !self.tty {
            // When this fails, the process no longer reads.
            let _ = stdin.shutdown().await;
            std::future::pending::<()>().await;
        }
    }
}
