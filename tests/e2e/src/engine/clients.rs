//! Clients of an engine: Docker's command line, any other program, plain requests.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::Engine;
use crate::output::Output;

impl Engine {
    /// Docker's command line at this engine, speaking the reference's API version, limited in time.
    pub fn docker(&self) -> Command {
        let mut command = self.client("timeout");
        command
            .args(["--foreground", "--kill-after=5", "90"])
            .arg(&self.settings.docker);
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

    /// Removes all containers and volumes.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn clear(&self) -> Result<()> {
        let containers = self.run("ps", ["-aq"])?.ok()?.to_owned();
        if !containers.is_empty() {
            let args = ["-fv"].into_iter().chain(containers.lines());
            self.run("rm", args)?.ok()?;
        }
        let volumes = self.run("volume", ["ls", "-q"])?.ok()?.to_owned();
        if !volumes.is_empty() {
            let args = ["rm", "-f"].into_iter().chain(volumes.lines());
            self.run("volume", args)?.ok()?;
        }
        Ok(())
    }
}
