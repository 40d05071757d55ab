//! The standard streams of one process, and everyone who reads or feeds them.
//!
//! ```text
//!  stdout, stderr (or terminal) --> log (first process only)
//!                               --> each client that wants the stream
//!  stdin (or terminal)          <-- each client that gives input
//! ```
//!
//! Each turn moves at most one buffer of bytes. A client that is behind stops the streams it wants,
//! and with them the process, as under Docker; input that is not taken stops the clients. After the
//! process has ended nobody may hold up its last words any more: `drain`.

use std::io;
use std::os::fd::OwnedFd;

use palan_logs::LogWriter;
use palan_model::Timestamp;
use palan_model::log::StdStream;
use palan_model::runner::AttachSpec;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;

use crate::client::{self, Client};
use crate::input::Input;
use crate::poll::{Poll, Token, Watched};

/// The engine's ends of a process's streams.
#[derive(Default)]
pub struct Ends {
    /// Where input is written.
    pub input: Option<OwnedFd>,
    /// Where output is read.
    pub outputs: Vec<(StdStream, OwnedFd)>,
    /// The process has a terminal: one stream, no frames, and input has no end.
    pub terminal: bool,
    /// The input ends when a client that feeds it leaves.
    pub closes_input: bool,
    /// Where output is logged.
    pub log: Option<LogWriter>,
}

/// The streams of one process.
pub struct Streams {
    process: u32,
    terminal: bool,
    closes_input: bool,
    input: Option<Input>,
    outputs: Vec<(StdStream, Watched)>,
    clients: Vec<Client>,
    next_client: u32,
    log: Option<LogWriter>,
    draining: bool,
}

impl Streams {
    /// Takes over the ends; nothing is watched yet.
    ///
    /// # Errors
    /// The kernel's (`fcntl(2)`).
    pub fn new(process: u32, ends: Ends) -> io::Result<Self> {
        let outputs = ends.outputs.into_iter();
        Ok(Self {
            process,
            terminal: ends.terminal,
            closes_input: ends.closes_input,
            input: ends.input.map(|end| Input::new(end, process)).transpose()?,
            outputs: outputs
                .map(|(stream, end)| (stream, Watched::new(end, Token::Output(process, stream))))
                .collect(),
            clients: Vec::new(),
            next_client: 0,
            log: ends.log,
            draining: false,
        })
    }

    /// Adds a client. Call [`Streams::watch`] afterwards.
    pub fn attach(&mut self, mut wants: AttachSpec, socket: OwnedFd) {
        wants.stdin &= self.input.is_some();
        let number = self.next_client;
        self.next_client += 1;
        let token = Token::Client(self.process, number);
        self.clients
            .push(Client::new(number, token, socket, wants, !self.terminal));
    }

    /// Output can be read.
    pub fn on_output(&mut self, stream: StdStream, buffer: &mut [u8]) {
        let Some(at) = self.outputs.iter().position(|(s, _)| *s == stream) else {
            return;
        };
        match rustix::io::read(&self.outputs[at].1, &mut *buffer) {
            Err(Errno::INTR | Errno::AGAIN) => {}
            // A terminal whose other end is closed reads as EIO.
            Ok(0) | Err(_) => self.end_output(at),
            Ok(count) => {
                if let Some(log) = &mut self.log {
                    // Output goes on although the disk is full; the log has a gap, as under Docker.
                    let _ = log.write(stream, &buffer[..count], Timestamp::now());
                }
                for client in &mut self.clients {
                    client.deliver(stream, &buffer[..count]);
                }
            }
        }
    }

    fn end_output(&mut self, at: usize) {
        let (stream, _closed) = self.outputs.swap_remove(at);
        if let Some(log) = &mut self.log {
            let _ = log.finish(stream, Timestamp::now());
        }
        // As under Docker: a client leaves with the last of the streams that it wanted.
        let left: Vec<StdStream> = self.outputs.iter().map(|(stream, _)| *stream).collect();
        for client in self.clients.iter_mut().filter(|c| c.wants(stream)) {
            if !left.iter().any(|stream| client.wants(*stream)) {
                client.wants = AttachSpec::default();
            }
        }
    }

    /// The process takes more input.
    pub fn on_stdin(&mut self) {
        if let Some(input) = &mut self.input
            && input.flush().is_err()
        {
            self.input = None;
        }
    }

    /// A client's socket is ready.
    pub fn on_client(&mut self, number: u32, flags: EventFlags, buffer: &mut [u8]) {
        let Some(client) = self.clients.iter_mut().find(|c| c.number == number) else {
            return;
        };
        client.on_ready(flags);
        let takes_more = self.input.as_ref().is_none_or(Input::takes_more);
        if !client.wants.stdin || !takes_more {
            return;
        }
        match client.read(buffer) {
            client::Input::Nothing => {}
            client::Input::Bytes(count) => {
                if let Some(input) = &mut self.input
                    && input.write(&buffer[..count]).is_err()
                {
                    self.input = None;
                }
            }
            client::Input::End => self.end_input_of(number),
        }
    }

    fn end_input_of(&mut self, number: u32) {
        let Some(client) = self.clients.iter_mut().find(|c| c.number == number) else {
            return;
        };
        client.wants.stdin = false;
        if !self.closes_input || self.terminal {
            // As under Docker: who ends an input that stays open is detached.
            client.wants = AttachSpec::default();
        } else if let Some(input) = &mut self.input {
            input.close_when_flushed();
        }
    }

    /// Watches for exactly what can be handled now, and lets go of what is done. To be called after
    /// every change.
    pub fn watch(&mut self, poll: &Poll) {
        if let Some(input) = &mut self.input
            && (input.is_done() || input.watch(poll).is_err())
        {
            self.input = None;
        }
        let takes_more = self.input.as_ref().is_none_or(Input::takes_more);
        for client in &mut self.clients {
            client.watch(poll, takes_more);
        }
        for client in self.clients.extract_if(.., |client| client.is_done()) {
            client.close();
        }
        for at in (0..self.outputs.len()).rev() {
            let (stream, _) = self.outputs[at];
            let held_up = self
                .clients
                .iter()
                .any(|c| c.is_behind() && c.wants(stream));
            let wanted = (!held_up || self.draining).then_some(EventFlags::IN);
            if self.outputs[at].1.watch(poll, wanted).is_err() {
                self.end_output(at);
            }
        }
    }

    /// The process has ended: what it left in its pipes is read without regard for slow clients.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// All output was read.
    pub fn is_drained(&self) -> bool {
        self.outputs.is_empty()
    }

    /// Ends all streams. The clients that have not taken everything are returned.
    pub fn finish(mut self) -> Vec<Client> {
        while !self.outputs.is_empty() {
            self.end_output(0);
        }
        let mut behind = Vec::new();
        for mut client in self.clients {
            client.wants = AttachSpec::default();
            if client.is_behind() {
                behind.push(client);
            } else {
                client.close();
            }
        }
        behind
    }

    /// Sets the size of the terminal, when there is one.
    ///
    /// # Errors
    /// The kernel's (`ioctl_tty(2)`).
    pub fn resize(&self, rows: u16, columns: u16) -> io::Result<()> {
        match self.outputs.first() {
            Some((_, terminal)) if self.terminal => {
                palan_linux::pty::resize(terminal, rows, columns)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
