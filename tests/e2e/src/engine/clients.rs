//! Clients of an engine: Docker's command line, any other program, plain requests.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::Engine;
use crate::output::Output;

impl Engine {
    /// The command line under test at this engine, speaking the reference's API version, limited in time.
    pub fn docker(&self) -> Command {
        let mut command = self.client("timeout");
        command
            .args(["--foreground", "--kill-after=5", "90"])
            .arg(self.dir().join("bin/docker"));
        command.env("DOCKER_API_VERSION", "1.41");
        command
    }

    /// A program with the environment that leads Docker's clients to this engine.
    pub fn client(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DOCKER_HOST", format!("unix://{}", self.socket().display()))
            .env("DOCKER_CONFIG", self.dir.path().join("config"))
            .env("DOCKER_CLI_HINTS", "false")
            .env_remove("DOCKER_CONTEXT")
            .env_remove("DOCKER_API_VERSION");
        command
    }

    /// Runs `docker <command> <args>`.
    ///
    /// # Errors
    /// When Docker's command line cannot be started.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        command: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Output> {
        Output::of(self.docker().arg(command).args(args).stdin(Stdio::null()))
    }

    /// Sends a request without body; the answer's body is the standard output, and the exit code is
    /// 22 for a status of 400 or more.
    ///
    /// # Errors
    /// When curl cannot be started.
    pub fn api(&self, method: &str, path: &str) -> Result<Output> {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--fail-with-body",
            "--max-time",
            "30",
            "--request",
            method,
        ]);
        Output::of(
            curl.arg("--unix-socket")
                .arg(self.socket())
                .arg(format!("http://d{path}")),
        )
    }

    /// Removes all containers and volumes, with Docker's own command line.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn clear(&self) -> Result<()> {
        let docker = |words: &[&str], names: &str| {
            let mut command = self.client(&self.settings.docker);
            Output::of(command.args(words).args(names.lines()).stdin(Stdio::null()))
        };
        let containers = docker(&["ps", "-aq"], "")?.ok()?.to_owned();
        if !containers.is_empty() {
            docker(&["rm", "-fv"], &containers)?.ok()?;
        }
        let volumes = docker(&["volume", "ls", "-q"], "")?.ok()?.to_owned();
        if !volumes.is_empty() {
            docker(&["volume", "rm", "-f"], &volumes)?.ok()?;
        }
        Ok(())
    }
}
