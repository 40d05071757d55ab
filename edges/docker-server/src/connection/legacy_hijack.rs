//! A stream adapter in front of hyper for requests that take a connection over (attach, exec start).
//!
//! hyper hands a connection over only when the request asks for an upgrade. Old clients do not ask:
//! they expect `200 OK` and then the raw stream. The adapter recognises their requests, asks for the
//! upgrade in their name, and turns hyper's `101` into the `200` that they expect. For all such
//! requests, old or new, it also holds the client's bytes back until the answer is written, so that
//! hyper neither takes them for a next request nor an early end of file for a lost client.
//!
//! Everything else passes through unchanged.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes, BytesMut};
use palan_docker_api::Endpoint;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::{Framing, Head, HeadLength, head_length};
use crate::request::strip_version;

/// The protocol that the adapter asks hyper for in an old client's name.
pub(crate) const LEGACY_UPGRADE: &str = "palan-legacy-hijack";

/// A request that takes the connection over and is not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    Upgrade,
    Legacy,
}

/// The adapter.
pub(crate) struct LegacyHijack<S> {
    inner: S,
    framing: Framing,
    /// Bytes read that begin a head which is not complete, or that are held back.
    head: BytesMut,
    /// Bytes ready for hyper.
    ready: BytesMut,
    pending: Option<Pending>,
    reader: Option<Waker>,
    /// An old client's answer as far as hyper has written it.
    answer: BytesMut,
    /// Bytes ready for the client.
    out: BytesMut,
}

impl<S> LegacyHijack<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            framing: Framing::Head,
            head: BytesMut::new(),
            ready: BytesMut::new(),
            pending: None,
            reader: None,
            answer: BytesMut::new(),
            out: BytesMut::new(),
        }
    }

    /// The stream, the bytes already read from it, and those that are still to be written to it.
    pub(crate) fn into_parts(self) -> (S, Bytes, Bytes) {
        let mut read = self.ready;
        read.extend_from_slice(&self.head);
        (self.inner, read.freeze(), self.out.freeze())
    }

    /// The client's bytes are held back.
    fn is_held(&self) -> bool {
        self.pending.is_some() && self.framing == Framing::Head
    }

    /// Moves what can be moved from `head` to `ready`.
    fn advance(&mut self) {
        while !self.head.is_empty() && !self.is_held() {
            if self.framing == Framing::Head {
                match head_length(&self.head) {
                    HeadLength::Incomplete => return,
                    HeadLength::TooLong => self.framing = Framing::Opaque,
                    HeadLength::Complete(length) => {
                        let head = self.head.split_to(length);
                        self.pass_head(&head);
                    }
                }
            } else {
                let passed = self.framing.pass(&self.head);
                self.ready.unsplit(self.head.split_to(passed));
            }
        }
    }

    fn pass_head(&mut self, bytes: &[u8]) {
        let Some(head) = Head::parse(bytes) else {
            self.framing = Framing::Opaque;
            self.ready.extend_from_slice(bytes);
            return;
        };
        self.framing = head.body;
        let takes_over = takes_connection_over(&head);
        if takes_over && !head.upgrade {
            self.pending = Some(Pending::Legacy);
            let fields = bytes.trim_ascii_end();
            self.ready.extend_from_slice(fields);
            self.ready.extend_from_slice(
                format!("\r\nConnection: Upgrade\r\nUpgrade: {LEGACY_UPGRADE}\r\n\r\n").as_bytes(),
            );
        } else {
            self.pending = takes_over.then_some(Pending::Upgrade);
            self.ready.extend_from_slice(bytes);
        }
    }

    /// The answer began: the client's bytes are let through again.
    fn release(&mut self, upgraded: bool) {
        self.pending = None;
        if upgraded {
            self.framing = Framing::Opaque;
        }
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Takes bytes of an old client's answer until its head is complete.
    fn rewrite(&mut self, bytes: &[u8]) {
        self.answer.extend_from_slice(bytes);
        while let HeadLength::Complete(length) = head_length(&self.answer) {
            let head = self.answer.split_to(length);
            if head.starts_with(b"HTTP/1.1 100") {
                self.out.extend_from_slice(&head);
                continue;
            }
            let upgraded = head.starts_with(b"HTTP/1.1 101");
            if upgraded {
                self.out.extend_from_slice(legacy_answer(&head).as_bytes());
            } else {
                self.out.extend_from_slice(&head);
            }
            self.out.unsplit(self.answer.split());
            self.release(upgraded);
            return;
        }
    }
}

fn takes_connection_over(head: &Head) -> bool {
    let path = head.target.split('?').next().unwrap_or_default();
    let method = http::Method::from_bytes(head.method.as_bytes()).unwrap_or_default();
    matches!(
        Endpoint::find(&method, strip_version(path).1),
        Some((Endpoint::ContainerAttach | Endpoint::ExecStart, _))
    )
}

/// The head of hyper's `101` as old clients expect it.
fn legacy_answer(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    let dropped = ["connection:", "upgrade:", "date:"];
    let fields = text.lines().skip(1).filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.is_empty() && !dropped.iter().any(|name| line.starts_with(name))
    });
    let mut answer = String::from("HTTP/1.1 200 OK\r\n");
    for field in fields {
        answer.push_str(field);
        answer.push_str("\r\n");
    }
    answer.push_str("\r\n");
    answer
}

impl<S: AsyncRead + Unpin> AsyncRead for LegacyHijack<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            this.advance();
            if !this.ready.is_empty() {
                let length = this.ready.len().min(buffer.remaining());
                buffer.put_slice(&this.ready.split_to(length));
                return Poll::Ready(Ok(()));
            }
            if this.is_held() {
                this.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.inner).poll_read(cx, buffer))?;
            let read = &buffer.filled()[before..];
            if read.is_empty() {
                if this.head.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                // A head that will never be complete: hyper is to complain, not to wait.
                this.framing = Framing::Opaque;
                continue;
            }
            if !this.head.is_empty() {
                this.head.extend_from_slice(read);
                buffer.set_filled(before);
                continue;
            }
            let passed = this.framing.pass(read);
            this.head.extend_from_slice(&read[passed..]);
            buffer.set_filled(before + passed);
            if passed > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> LegacyHijack<S> {
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.out))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LegacyHijack<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        match this.pending {
            Some(Pending::Legacy) => {
                this.rewrite(bytes);
                return Poll::Ready(Ok(bytes.len()));
            }
            Some(Pending::Upgrade) if !bytes.starts_with(b"HTTP/1.1 100") => {
                this.release(bytes.starts_with(b"HTTP/1.1 101"));
            }
            _ => {}
        }
        Pin::new(&mut this.inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
