//! A command that is talked to while it runs, with or without a terminal.
//!
//! The terminal is util-linux's `script`, 80 columns by 24 rows.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::output::{Output, line};
use crate::poll::wait_until;

const LIMIT: Duration = Duration::from_secs(30);

/// A running command; killed when dropped.
pub struct Interactive {
    child: Child,
    command: String,
    stdin: Option<ChildStdin>,
    stdout: Stream,
    stderr: Stream,
    /// How much of the output earlier expectations have used up, in bytes.
    seen: usize,
}

impl Interactive {
    /// Starts `command` with pipes.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = line(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("failed to start {name}"))?;
        let stdin = child.stdin.take();
        let stdout = Stream::read(child.stdout.take().context("stdout is piped")?);
        let stderr = Stream::read(child.stderr.take().context("stderr is piped")?);
        Ok(Self {
            child,
            command: name,
            stdin,
            stdout,
            stderr,
            seen: 0,
        })
    }

    /// Starts `command` on a terminal; all it writes is standard output then.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_on_terminal(command: &Command) -> Result<Self> {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<String> = words.map(|word| quote(&word.to_string_lossy())).collect();
        let shell = format!("stty rows 24 cols 80; exec {}", words.join(" "));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &shell, "/dev/null"]);
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => script.env(key, value),
                None => script.env_remove(key),
            };
        }
        Self::start(script.env("SHELL", "/bin/sh").env("TERM", "xterm"))
    }

    /// Waits until the output has `text`, after what earlier calls have found.
    ///
    /// # Errors
    /// When it does not come; the message has the output so far.
    pub fn expect(&mut self, text: &str) -> Result<()> {
        let what = format!("{text:?} from {}", self.command);
        let found = wait_until(&what, LIMIT, || {
            let output = self.stdout.bytes();
            let rest = &output[self.seen.min(output.len())..];
            let position = rest
                .windows(text.len())
                .position(|window| window == text.as_bytes());
            if let Some(position) = position {
                self.seen += position + text.len();
            }
            Ok(position.is_some())
        });
        found.with_context(|| {
            format!(
                "output so far: {}{}",
                self.stdout.text(),
                self.stderr.text()
            )
        })
    }

    /// Whether the output so far has `text` anywhere.
    pub fn has(&self, text: &str) -> bool {
        self.stdout.text().contains(text)
    }

    /// Writes to the command's input.
    ///
    /// # Errors
    /// When it no longer reads.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let stdin = self.stdin.as_mut().context("the input is already closed")?;
        stdin
            .write_all(bytes)
            .and_then(|()| stdin.flush())
            .context("failed to write the input")
    }

    /// Ends the command's input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal to the command.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&self.child), signal).context("failed to signal the command")
    }

    /// Waits for the command's own end.
    ///
    /// # Errors
    /// When it does not end in time; it is killed then.
    pub fn finish(mut self) -> Result<Output> {
        let what = format!("the end of {}", self.command);
        let mut status = None;
        let ended = wait_until(&what, LIMIT, || {
            status = self
                .child
                .try_wait()
                .context("failed to wait for the command")?;
            Ok(status.is_some())
        });
        ended.with_context(|| format!("output: {}{}", self.stdout.text(), self.stderr.text()))?;
        Ok(Output {
            command: self.command.clone(),
            code: status.and_then(|status| status.code()),
            stdout: self.stdout.join(),
            stderr: self.stderr.join(),
        })
    }
}

impl Drop for Interactive {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Collects what a pipe delivers.
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    fn read(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let collected = Arc::clone(&bytes);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0_u8; 8192];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                let mut collected = collected.lock().expect("no holder panics");
                collected.extend_from_slice(&buffer[..length]);
            }
        });
        Self {
            bytes,
            reader: Some(reader),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().expect("no holder panics").clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn join(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.text()
    }
}

/// A word as a shell reads it back.
fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
