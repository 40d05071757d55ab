//! One attached client: its socket, what it wants, and what could not be sent to it yet.
//!
//! A client that does not take its data is `behind`, and whoever produces for it must wait; only at
//! the end of a process is more queued for it, and no more than [`MAX_QUEUED`].

use std::io::IoSlice;
use std::os::fd::OwnedFd;

use palan_model::log::StdStream;
use palan_model::runner::AttachSpec;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown};

use crate::poll::{Poll, Token, Watched};

/// What the pipes of a process can hold when it ends fits in here; a client for which more piles up
/// is cut off.
const MAX_QUEUED: usize = 4 * 1024 * 1024;

/// What reading from a client gave.
pub enum Input {
    /// Bytes for the standard input, so many.
    Bytes(usize),
    /// There will be no more.
    End,
    /// None now.
    Nothing,
}

/// An attached client.
pub struct Client {
    /// Its number within its process.
    pub number: u32,
    /// What it wants still.
    pub wants: AttachSpec,
    socket: Watched,
    framed: bool,
    queue: Vec<u8>,
    sent: usize,
    hung_up: bool,
}

impl Client {
    /// A client on `socket`, which receives frames, or the raw bytes of a terminal.
    pub fn new(
        number: u32,
        token: Token,
        socket: OwnedFd,
        wants: AttachSpec,
        framed: bool,
    ) -> Self {
        Self {
            number,
            wants,
            socket: Watched::new(socket, token),
            framed,
            queue: Vec::new(),
            sent: 0,
            hung_up: false,
        }
    }

    /// What its events carry.
    pub fn token(&self) -> Token {
        self.socket.token()
    }

    /// Its socket is ready for something.
    pub fn on_ready(&mut self, flags: EventFlags) {
        if flags.intersects(EventFlags::HUP | EventFlags::ERR) {
            self.hang_up();
        } else if flags.contains(EventFlags::OUT) {
            self.flush();
        }
    }

    /// Does it get this stream?
    pub fn wants(&self, stream: StdStream) -> bool {
        match stream {
            StdStream::Stdout => self.wants.stdout,
            StdStream::Stderr => self.wants.stderr,
        }
    }

    /// Has it not taken yet what was sent?
    pub fn is_behind(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Nothing is left to do for it.
    pub fn is_done(&self) -> bool {
        let wants = self.wants;
        !(wants.stdin || wants.stdout || wants.stderr || self.is_behind())
    }

    /// Sends output to it; what does not fit is queued.
    pub fn deliver(&mut self, stream: StdStream, bytes: &[u8]) {
        if !self.wants(stream) {
            return;
        }
        let header = frame_header(stream, bytes.len());
        let header: &[u8] = if self.framed { &header } else { &[] };
        let sent = match self.is_behind() {
            true => 0,
            false => self.send(&[IoSlice::new(header), IoSlice::new(bytes)]),
        };
        if self.hung_up {
            return;
        }
        let header_left = &header[sent.min(header.len())..];
        let bytes_left = &bytes[sent.saturating_sub(header.len())..];
        self.queue.extend_from_slice(header_left);
        self.queue.extend_from_slice(bytes_left);
        if self.queue.len() > MAX_QUEUED {
            self.hang_up();
        }
    }

    /// Sends what is queued, as far as it is taken.
    fn flush(&mut self) {
        if !self.is_behind() {
            return;
        }
        let queue = std::mem::take(&mut self.queue);
        self.sent += self.send(&[IoSlice::new(&queue[self.sent..])]);
        if self.hung_up || self.sent == queue.len() {
            self.sent = 0;
        } else {
            self.queue = queue;
        }
    }

    /// Sends without waiting and returns how much was taken.
    fn send(&mut self, parts: &[IoSlice<'_>]) -> usize {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let mut nothing = SendAncillaryBuffer::default();
        let sent = rustix::io::retry_on_intr(|| {
            rustix::net::sendmsg(&self.socket, parts, &mut nothing, flags)
        });
        match sent {
            Ok(count) => count,
            Err(Errno::AGAIN) => 0,
            Err(_) => {
                self.hang_up();
                0
            }
        }
    }

    /// It takes no more output. Its input may not have been read to the end.
    fn hang_up(&mut self) {
        self.hung_up = true;
        self.wants.stdout = false;
        self.wants.stderr = false;
        self.queue = Vec::new();
        self.sent = 0;
    }

    /// Reads standard input from it.
    pub fn read(&mut self, buffer: &mut [u8]) -> Input {
        match rustix::net::recv(&self.socket, buffer, RecvFlags::DONTWAIT) {
            Ok((0, _)) => Input::End,
            Ok((count, _)) => Input::Bytes(count),
            Err(Errno::AGAIN | Errno::INTR) => Input::Nothing,
            Err(_) => Input::End,
        }
    }

    /// Watches for what can be done for it. `takes_input`: the process can be given more input now.
    pub fn watch(&mut self, poll: &Poll, takes_input: bool) {
        let mut flags = EventFlags::empty();
        if self.wants.stdin && takes_input {
            flags |= EventFlags::IN | EventFlags::RDHUP;
        }
        if self.is_behind() {
            flags |= EventFlags::OUT;
        }
        // A hang-up that was noted would be reported again and again.
        let wanted = (!flags.is_empty() || !self.hung_up).then_some(flags);
        if self.socket.watch(poll, wanted).is_err() {
            self.hang_up();
            self.wants.stdin = false;
        }
    }

    /// Ends the connection. Unread input is taken out first, else the kernel would report a reset
    /// instead of the end of the output.
    pub fn close(self) {
        let _ = rustix::net::shutdown(&self.socket, Shutdown::Read);
        let mut waste = [0; 512];
        while let Ok((1.., _)) = rustix::net::recv(&self.socket, &mut waste, RecvFlags::DONTWAIT) {}
    }
}

/// The header of a frame: stream, three zero bytes, big-endian length.
fn frame_header(stream: StdStream, len: usize) -> [u8; 8] {
    let number = match stream {
        StdStream::Stdout => 1,
        StdStream::Stderr => 2,
    };
    let len = u32::try_from(len).expect("a frame is no longer than the read buffer");
    let [a, b, c, d] = len.to_be_bytes();
    [number, 0, 0, 0, a, b, c, d]
}
