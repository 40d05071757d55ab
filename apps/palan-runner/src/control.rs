//! Connections of engines: whole messages in both directions, never waiting.
//!
//! An engine that does not take its messages, or sends what cannot be understood, loses its
//! connection and may come back through the socket file.

use std::io;
use std::os::fd::OwnedFd;

use palan_linux::seqpacket;
use palan_model::runner::{Envelope, MAX_MESSAGE, Message};
use rustix::event::epoll::EventFlags;

use crate::poll::{Poll, Token, Watched};

/// A connection.
pub struct Control {
    /// Its number.
    pub number: u32,
    socket: Watched,
}

/// What receiving gave.
pub enum Received {
    /// A request with its descriptors.
    Request(Box<Envelope>, Vec<OwnedFd>),
    /// None now.
    Nothing,
    /// The engine is gone or talks nonsense.
    Lost,
}

impl Control {
    /// A connection that is not watched yet.
    pub fn new(number: u32, socket: OwnedFd) -> Self {
        Self {
            number,
            socket: Watched::new(socket, Token::Control(number)),
        }
    }

    /// Watches for requests.
    ///
    /// # Errors
    /// The kernel's (`epoll_ctl(2)`).
    pub fn watch(&mut self, poll: &Poll) -> io::Result<()> {
        self.socket.watch(poll, Some(EventFlags::IN))
    }

    /// Takes the next request. The runner's first one is waited for.
    pub fn receive(&self, wait: Wait) -> Received {
        let mut buffer = vec![0; MAX_MESSAGE];
        let received = match wait {
            Wait::Forever => seqpacket::receive(&self.socket, &mut buffer),
            Wait::Not => seqpacket::try_receive(&self.socket, &mut buffer),
        };
        match received {
            Ok(message) => match serde_json::from_slice(&buffer[..message.len]) {
                Ok(envelope) => Received::Request(envelope, message.fds),
                Err(_) => Received::Lost,
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Received::Nothing,
            Err(_) => Received::Lost,
        }
    }

    /// Sends a message. False when the connection is lost.
    #[must_use]
    pub fn send(&self, message: &Message) -> bool {
        let text = serde_json::to_vec(message).expect("messages are plain data");
        seqpacket::try_send(&self.socket, &text, &[]).is_ok()
    }
}

/// Whether to wait for a message.
#[derive(Clone, Copy)]
pub enum Wait {
    /// Until it comes.
    Forever,
    /// Not at all.
    Not,
}
