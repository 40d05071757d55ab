//! What a finished command left behind.

use std::process::{self, Command};

use anyhow::{Context, Result, bail};

/// Exit code and both streams of a command, lossily as text.
#[derive(Clone, Debug)]
pub struct Output {
    /// The command line, for messages.
    pub command: String,
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn of(command: &mut Command) -> Result<Self> {
        let line = line(command);
        let output = command
            .output()
            .with_context(|| format!("failed to start {line}"))?;
        Ok(Self::new(line, &output))
    }

    pub(crate) fn new(command: String, output: &process::Output) -> Self {
        Self {
            command,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The standard output without blanks at its end, of a command that must succeed.
    ///
    /// # Errors
    /// When it did not exit with 0; the message carries what it wrote.
    pub fn ok(&self) -> Result<&str> {
        if self.code != Some(0) {
            bail!(
                "{} ended with {:?}:\n{}{}",
                self.command,
                self.code,
                self.stdout,
                self.stderr
            );
        }
        Ok(self.stdout.trim_end())
    }

    /// Checks the exit code.
    ///
    /// # Errors
    /// When it is another one.
    pub fn exits(&self, code: i32) -> Result<&Self> {
        if self.code != Some(code) {
            let Self {
                command,
                code: got,
                stdout,
                stderr,
            } = self;
            bail!("{command} ended with {got:?} instead of {code}:\n{stdout}{stderr}");
        }
        Ok(self)
    }

    /// Checks that one of the streams contains `text`.
    ///
    /// # Errors
    /// When none does.
    pub fn says(&self, text: &str) -> Result<&Self> {
        if !self.stdout.contains(text) && !self.stderr.contains(text) {
            bail!(
                "{} does not say {text:?}:\n{}{}",
                self.command,
                self.stdout,
                self.stderr
            );
        }
        Ok(self)
    }
}

/// A command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
