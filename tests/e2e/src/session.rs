//! A scenario's view of one engine: runs commands and keeps a transcript of what a user would see.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::engine::{Engine, Kind};
use crate::interactive::Interactive;
use crate::normalize::Normalizer;
use crate::output::Output;

/// One engine during one scenario.
pub struct Session<'a> {
    engine: &'a Engine,
    normalizer: Normalizer,
    transcript: String,
    documents: BTreeMap<String, Value>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(engine: &'a Engine) -> Self {
        let mut normalizer = Normalizer::default();
        normalizer.name(engine.data_root().display().to_string(), "<data root>");
        normalizer.name(engine.run_root().display().to_string(), "<run root>");
        normalizer.name(engine.dir().display().to_string(), "<engine>");
        Self {
            engine,
            normalizer,
            transcript: String::new(),
            documents: BTreeMap::new(),
        }
    }

    pub fn engine(&self) -> &'a Engine {
        self.engine
    }

    /// Whether this is the reference engine.
    pub fn is_reference(&self) -> bool {
        self.engine.kind() == Kind::Reference
    }

    /// Runs `docker <words>`, split at blanks; what it writes goes to the transcript.
    ///
    /// # Errors
    /// When Docker's command line cannot be started.
    pub fn docker(&mut self, words: &str) -> Result<Output> {
        self.docker_args(words.split_whitespace())
    }

    /// Runs `docker <words> <script>`: the last argument is kept whole.
    ///
    /// # Errors
    /// When Docker's command line cannot be started.
    pub fn docker_with(&mut self, words: &str, last: &str) -> Result<Output> {
        self.docker_args(words.split_whitespace().chain([last]))
    }

    /// Runs `docker <args>`.
    ///
    /// # Errors
    /// When Docker's command line cannot be started.
    pub fn docker_args<S: AsRef<OsStr>>(
        &mut self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Output> {
        let output = Output::of(self.engine.docker().args(args).stdin(Stdio::null()))?;
        self.record(&output);
        Ok(output)
    }

    /// Runs `docker <args>`, which must succeed and whose lines come in no certain order.
    ///
    /// # Errors
    /// When it does not succeed.
    pub fn docker_sorted<S: AsRef<OsStr>>(
        &mut self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<()> {
        let text = self.quiet_args(args)?;
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        self.note(&lines.join("\n"));
        Ok(())
    }

    /// Runs `docker <words>` with `input` as its standard input.
    ///
    /// # Errors
    /// When Docker's command line cannot be started or fed.
    pub fn docker_fed(&mut self, words: &str, input: &[u8]) -> Result<Output> {
        let mut command = self.engine.docker();
        command.args(words.split_whitespace());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("failed to start docker")?;
        let mut stdin = child.stdin.take().context("stdin is piped")?;
        let input = input.to_vec();
        // A command that does not read its input all is no error.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child
            .wait_with_output()
            .context("failed to wait for docker")?;
        writer.join().expect("the writer does not panic");
        let output = Output::new(crate::output::line(&command), &output);
        self.record(&output);
        Ok(output)
    }

    /// Runs `docker <words>` off the record, for set-up; it must succeed.
    ///
    /// # Errors
    /// When it does not.
    pub fn quiet(&mut self, words: &str) -> Result<String> {
        self.quiet_args(words.split_whitespace())
    }

    /// Runs `docker <words> <last>` off the record; it must succeed.
    ///
    /// # Errors
    /// When it does not.
    pub fn quiet_with(&mut self, words: &str, last: &str) -> Result<String> {
        self.quiet_args(words.split_whitespace().chain([last]))
    }

    /// Runs `docker <args>` off the record; it must succeed.
    ///
    /// # Errors
    /// When it does not.
    pub fn quiet_args<S: AsRef<OsStr>>(
        &mut self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String> {
        let output = Output::of(self.engine.docker().args(args).stdin(Stdio::null()))?;
        Ok(output.ok()?.to_owned())
    }

    /// Starts `docker <words>` to be talked to, with pipes.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn interactive(&self, words: &str) -> Result<Interactive> {
        Interactive::start(self.engine.docker().args(words.split_whitespace()))
    }

    /// Starts `docker <words> [last]` on a terminal.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn terminal(&self, words: &str, last: Option<&str>) -> Result<Interactive> {
        let mut command = self.engine.docker();
        command.args(words.split_whitespace()).args(last);
        Interactive::start_on_terminal(&command)
    }

    /// A command inside the engine's sandbox: a client of published ports.
    pub fn client(&self, program: &str) -> Command {
        self.engine.sandbox().command(program)
    }

    /// Adds a finished command to the transcript.
    pub fn record(&mut self, output: &Output) {
        let command = output
            .command
            .rsplit_once("/docker ")
            .map_or(&*output.command, |(_, w)| w);
        let code = output
            .code
            .map_or_else(|| "signal".to_owned(), |code| code.to_string());
        let text = format!("$ docker {command}\n{}", output.stdout);
        self.write(&text);
        self.write(&output.stderr);
        self.write(&format!("[{code}]"));
    }

    /// Adds a text of the scenario's own to the transcript.
    pub fn note(&mut self, text: &str) {
        self.write(text);
    }

    /// Keeps a document to be compared value by value.
    ///
    /// # Errors
    /// When `text` is not JSON.
    pub fn document(&mut self, name: &str, text: &str) -> Result<()> {
        let value: Value =
            serde_json::from_str(text).with_context(|| format!("{name} is not JSON"))?;
        // Its own id gets the first number, whatever other ids stand before it.
        if let Some(id) = value["Id"].as_str().or_else(|| value["ID"].as_str()) {
            self.normalizer.apply(id);
        }
        let text = self.normalizer.apply(&value.to_string());
        let value = serde_json::from_str(&text).context("a placeholder broke the document")?;
        self.documents.insert(name.to_owned(), value);
        Ok(())
    }

    fn write(&mut self, text: &str) {
        let text = self.normalizer.apply(text);
        self.transcript.push_str(&text);
        if !text.is_empty() && !text.ends_with('\n') {
            self.transcript.push('\n');
        }
    }

    pub(crate) fn finish(self) -> (String, BTreeMap<String, Value>) {
        (self.transcript, self.documents)
    }
}
