//! The runner's event loop and its state: one container, from its start to its last byte.
//!
//! ```text
//! start.rs: Start received --> container started --> Running
//! Running  --first process finished--> exit.json, Exited --> torn down
//! torn down --the last slow client has its bytes--> the runner ends
//! ```
//!
//! Everything happens in one thread, one event at a time. Nothing waits but [`Poll::next`]; the
//! engine's death is only the loss of a connection.

use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use palan_container::Container;
use palan_model::Timestamp;
use palan_model::runner::{ExecExit, ExitStatus, Message};
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::SocketFlags;

use crate::client::Client;
use crate::control::{Control, Received, Wait};
use crate::exit_file;
use crate::poll::{Poll, Token, Watched};
use crate::process::{KILLED, Process, SIGKILL};

/// Bytes moved in one turn.
const BUFFER: usize = 16 * 1024;
/// After so long without an event the runner gives back what memory it can.
const IDLE: Duration = Duration::from_millis(100);
/// Ended exec'd processes that are remembered for engines to come.
const MAX_ENDED: usize = 256;

/// The state of a runner whose container was started.
pub struct Runner {
    /// What is waited for.
    pub poll: Poll,
    /// Where `exit.json` goes.
    pub run_dir: PathBuf,
    /// The running container; none after it was torn down.
    pub container: Option<Container>,
    /// The processes, the first one first.
    pub processes: Vec<Process>,
    /// When the first process was started.
    pub started_at: Timestamp,
    /// Its processes do not end with the first one, having no PID namespace of their own.
    pub shares_pids: bool,
    /// The container is frozen.
    pub paused: bool,
    /// Exec'd processes that ended.
    pub ended: Vec<ExecExit>,
    /// New engines connect here; none after the end.
    pub listener: Option<Watched>,
    /// Engines.
    pub controls: Vec<Control>,
    /// Clients of ended processes that have not taken everything.
    pub behind: Vec<Client>,
    /// For the next process and the next control connection.
    pub next_number: u32,
}

impl Runner {
    /// Runs until the container is over and every client has its bytes.
    pub fn run(&mut self) {
        let mut buffer = [0; BUFFER];
        let mut tidy = false;
        self.watch();
        while self.container.is_some() || !self.behind.is_empty() {
            let deadline = self.time_to_deadline();
            let limit = deadline.or((!tidy).then_some(IDLE));
            let event = self
                .poll
                .next(limit)
                .expect("epoll_wait fails on bad arguments only");
            tidy = event.is_none() && deadline.is_none();
            if tidy {
                // Most containers are silent most of the time. Nothing is done after this: what is
                // touched is in memory again.
                let _ = palan_linux::memory::release();
                continue;
            }
            if let Some((token, flags)) = event {
                self.handle(token, flags, &mut buffer);
            }
            self.finish_processes();
            self.watch();
        }
    }

    /// Until the first process has to be given up waiting for.
    fn time_to_deadline(&self) -> Option<Duration> {
        let deadlines = self
            .processes
            .iter()
            .filter_map(|p| p.end.map(|end| end.deadline));
        deadlines
            .min()
            .map(|first| first.saturating_duration_since(Instant::now()))
    }

    fn watch(&mut self) {
        if let Some(listener) = &mut self.listener {
            // Without the listener no new engine gets in, but the present one is served.
            let _ = listener.watch(&self.poll, Some(EventFlags::IN));
        }
        self.controls
            .retain_mut(|control| control.watch(&self.poll).is_ok());
        for process in &mut self.processes {
            process.watch(&self.poll);
        }
        for client in &mut self.behind {
            client.watch(&self.poll, false);
        }
        for client in self.behind.extract_if(.., |client| client.is_done()) {
            client.close();
        }
    }

    fn handle(&mut self, token: Token, flags: EventFlags, buffer: &mut [u8]) {
        match token {
            Token::Listener => self.accept(),
            Token::Control(number) => self.serve(number),
            Token::Exit(number) => self.reap(number),
            Token::Output(number, stream) => {
                if let Some(process) = self.process(number) {
                    process.streams.on_output(stream, buffer);
                }
            }
            Token::Stdin(number) => {
                if let Some(process) = self.process(number) {
                    process.streams.on_stdin();
                }
            }
            Token::Client(number, client) => {
                if let Some(process) = self.process(number) {
                    process.streams.on_client(client, flags, buffer);
                } else if let Some(client) = self.behind.iter_mut().find(|c| c.token() == token) {
                    client.on_ready(flags);
                }
            }
        }
    }

    fn process(&mut self, number: u32) -> Option<&mut Process> {
        self.processes.iter_mut().find(|p| p.number == number)
    }

    fn accept(&mut self) {
        let Some(listener) = &self.listener else {
            return;
        };
        match rustix::net::accept_with(listener.as_fd(), SocketFlags::CLOEXEC) {
            Ok(socket) => self.add_control(socket),
            // The engine went away again.
            Err(Errno::AGAIN | Errno::INTR | Errno::CONNABORTED) => {}
            // No descriptors are left; it would be reported for ever.
            Err(_) => self.listener = None,
        }
    }

    /// Adds a connection of an engine.
    pub fn add_control(&mut self, socket: OwnedFd) {
        let number = self.take_number();
        self.controls.push(Control::new(number, socket));
    }

    /// A number that was not used yet.
    pub fn take_number(&mut self) -> u32 {
        self.next_number += 1;
        self.next_number
    }

    fn serve(&mut self, number: u32) {
        let Some(at) = self.controls.iter().position(|c| c.number == number) else {
            return;
        };
        match self.controls[at].receive(Wait::Not) {
            Received::Nothing => {}
            Received::Lost => drop(self.controls.swap_remove(at)),
            Received::Request(envelope, fds) => {
                let reply = Message::Reply {
                    seq: envelope.seq,
                    reply: self.answer(envelope.request, fds),
                };
                if !self.controls[at].send(&reply) {
                    self.controls.swap_remove(at);
                }
            }
        }
    }

    fn reap(&mut self, number: u32) {
        let Some(process) = self.process(number) else {
            return;
        };
        process.reap();
        if number == 0 && process.end.is_some() && self.shares_pids {
            self.kill_rest();
        }
    }

    /// Ends what outlived the first process: only possible without a PID namespace of its own. What
    /// gets away by forking is found when the cgroup is removed.
    fn kill_rest(&self) {
        let Some(container) = &self.container else {
            return;
        };
        for pid in container.processes().unwrap_or_default() {
            // It may have ended by itself.
            let _ = i32::try_from(pid).map(|pid| palan_linux::signals::kill(pid, SIGKILL));
        }
    }

    fn finish_processes(&mut self) {
        let now = Instant::now();
        let over = self.processes.first().is_some_and(|first| {
            let alone = self.processes.iter().all(|p| p.end.is_some());
            first.is_finished(now) && (alone || first.end.is_some_and(|end| now >= end.deadline))
        });
        let finished = |p: &mut Process| p.exec.is_some() && (over || p.is_finished(now));
        let finished: Vec<Process> = self.processes.extract_if(.., finished).collect();
        for process in finished {
            self.finish_exec(process);
        }
        if over {
            self.finish_container();
        }
    }

    fn finish_exec(&mut self, process: Process) {
        let code = process.end.map_or(KILLED, |end| end.code);
        self.behind.extend(process.streams.finish());
        let Some(id) = process.exec else { return };
        if self.ended.len() == MAX_ENDED {
            self.ended.remove(0);
        }
        self.ended.push(ExecExit {
            id: id.clone(),
            code,
        });
        self.broadcast(&Message::ExecExited { id, code });
    }

    /// Tells everyone, then tears down: nobody waits for that.
    fn finish_container(&mut self) {
        let first = self.processes.remove(0);
        let Some(container) = self.container.take() else {
            return;
        };
        let end = first.end.expect("a finished process has ended");
        let status = ExitStatus {
            code: end.code,
            oom_killed: container.oom_killed(),
            started_at: Some(self.started_at),
            finished_at: end.at,
            execs: std::mem::take(&mut self.ended),
            failure: None,
        };
        self.behind.extend(first.streams.finish());
        // Full or not, the engines that are connected get their answer.
        let _ = exit_file::write(&self.run_dir, &status);
        self.broadcast(&Message::Exited(status));
        // Without this message the engine tries to remove what is left.
        if container.remove().is_ok() {
            self.broadcast(&Message::Removed);
        }
        self.listener = None;
        self.controls.clear();
    }

    fn broadcast(&mut self, message: &Message) {
        self.controls.retain(|control| control.send(message));
    }
}
