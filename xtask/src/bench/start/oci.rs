//! OCI runtimes by themselves: `run` of a prepared bundle.
//!
//! Less work than an engine's: no image, no overlay, no network, no log; a floor for the others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use palan_e2e::Sandbox;
use serde_json::{Value, json};

use crate::process;

/// A runtime and the bundle that it runs.
pub struct Bundle {
    name: &'static str,
    sandbox: Sandbox,
    dir: PathBuf,
}

impl Bundle {
    /// Writes a bundle with the runtime's own default configuration.
    ///
    /// # Errors
    /// When the configuration cannot be made.
    pub fn make(name: &'static str, dir: &Path, root: &Path) -> Result<Self> {
        let dir = dir.join(name);
        fs::create_dir_all(&dir).with_context(|| format!("failed to create {dir:?}"))?;
        process::output(Command::new(name).arg("spec").current_dir(&dir))?;
        let path = dir.join("config.json");
        let text = fs::read(&path).with_context(|| format!("failed to read {path:?}"))?;
        let mut config: Value = serde_json::from_slice(&text).context("failed to read the spec")?;
        config["process"]["terminal"] = json!(false);
        config["process"]["args"] = json!(["/true"]);
        config["process"]["rlimits"] = json!([]);
        config["root"] = json!({"path": root, "readonly": true});
        fs::write(&path, config.to_string())
            .with_context(|| format!("failed to write {path:?}"))?;
        let sandbox = Sandbox::new()?;
        let mut unmount = sandbox.command("sh");
        process::output(unmount.args(["-c", "umount /sys/fs/cgroup/unified 2>/dev/null || true"]))?;
        Ok(Self { name, sandbox, dir })
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// One run, to see whether the runtime works on this machine.
    ///
    /// # Errors
    /// When it does not.
    pub fn works(&self) -> Result<()> {
        process::output(&mut self.run()).map(drop)
    }

    /// The command that runs the bundle to its end.
    pub fn run(&self) -> Command {
        let mut command = self.sandbox.command(self.name);
        command.arg("--root").arg(self.dir.join("state"));
        command
            .args(["run", "--bundle"])
            .arg(&self.dir)
            .arg(format!("palan-bench-{}", self.name));
        command
    }
}
