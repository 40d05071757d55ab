//! One control socket to a runner: whole messages, asynchronously.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use palan_linux::seqpacket;
use palan_model::runner::{Envelope, ExitStatus, MAX_MESSAGE, Message, Reply, Request};
use tokio::io::unix::AsyncFd;

use crate::error::RuntimeError;

/// A connection. Sending and receiving may be done by different holders at the same time.
pub(crate) struct Connection {
    socket: AsyncFd<OwnedFd>,
}

/// What a call gave.
pub(crate) enum Called {
    /// The answer.
    Reply(Reply),
    /// The container ended before the answer.
    Exited(ExitStatus),
}

impl Connection {
    /// Wraps a connected socket. Must be called within a tokio runtime.
    #[expect(
        deprecated,
        reason = "sound here: an OwnedFd stays open until the AsyncFd is dropped; its successor is unsafe"
    )]
    pub(crate) fn new(socket: OwnedFd) -> Result<Self, RuntimeError> {
        let socket = AsyncFd::new(socket).map_err(RuntimeError::Connection)?;
        Ok(Self { socket })
    }

    /// Sends a request.
    pub(crate) async fn send(
        &self,
        seq: u64,
        request: Request,
        fds: &[OwnedFd],
    ) -> Result<(), RuntimeError> {
        let text = serde_json::to_vec(&Envelope { seq, request }).expect("requests are plain data");
        if text.len() > MAX_MESSAGE {
            return Err(RuntimeError::TooLong(text.len()));
        }
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        // Almost always there is room: the socket is tried before its readiness is waited for.
        loop {
            match seqpacket::try_send(self.socket.get_ref(), &text, &fds) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                sent => return sent.map_err(RuntimeError::Connection),
            }
            let mut ready = self
                .socket
                .writable()
                .await
                .map_err(RuntimeError::Connection)?;
            ready.clear_ready();
        }
    }

    /// The next message; none when the runner is gone. Cancel-safe.
    pub(crate) async fn receive(&self) -> Result<Option<Message>, RuntimeError> {
        loop {
            let mut ready = self
                .socket
                .readable()
                .await
                .map_err(RuntimeError::Connection)?;
            match ready.try_io(|socket| receive_now(socket.get_ref())) {
                Ok(Err(e)) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Ok(received) => return received.map_err(RuntimeError::Connection),
                Err(_would_block) => {}
            }
        }
    }

    /// Sends the first request of a connection and waits for its answer.
    pub(crate) async fn call(
        &self,
        request: Request,
        fds: &[OwnedFd],
    ) -> Result<Called, RuntimeError> {
        self.send(0, request, fds).await?;
        loop {
            match self.receive().await? {
                None => return Err(RuntimeError::RunnerLost),
                Some(Message::Reply { seq: 0, reply }) => return Ok(Called::Reply(reply)),
                Some(Message::Exited(status)) => return Ok(Called::Exited(status)),
                Some(_) => {}
            }
        }
    }
}

fn receive_now(socket: &OwnedFd) -> io::Result<Option<Message>> {
    let mut buffer = vec![0; MAX_MESSAGE];
    let len = seqpacket::try_receive(socket, &mut buffer)?.len;
    if len == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&buffer[..len])?))
}
