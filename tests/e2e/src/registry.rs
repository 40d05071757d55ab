//! Debian's docker-registry in an engine's sandbox, on a port of the loopback address.

use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::engine::Engine;
use crate::output::Output;
use crate::poll::wait_until;
use crate::settings::fixture;

/// Free in every sandbox, as the sandbox has its own network.
const ADDRESS: &str = "127.0.0.1:5000";

/// A running, empty registry; its files are below the engine's folder.
pub struct Registry<'a> {
    engine: &'a Engine,
    process: Child,
}

impl<'a> Registry<'a> {
    /// Starts a registry that `engine` can reach at [`Registry::address`].
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn start(engine: &'a Engine) -> Result<Self> {
        let storage = engine.dir().join("registry");
        let config = engine.dir().join("config/registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nhttp: {{addr: \"{ADDRESS}\"}}\n\
             storage: {{filesystem: {{rootdirectory: \"{}\"}}}}\n",
            storage.display()
        );
        fs::write(&config, text).context("failed to write the registry's configuration")?;
        let mut command = engine.sandbox().command("setpriv");
        command
            .args(["--pdeathsig", "KILL", "docker-registry", "serve"])
            .arg(config);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = command.spawn().context("failed to start the registry")?;
        let registry = Self { engine, process };
        wait_until("the registry's answer", Duration::from_secs(20), || {
            Ok(registry.get("/v2/")?.code == Some(0))
        })?;
        Ok(registry)
    }

    /// Host and port, the first part of a reference.
    pub fn address(&self) -> &'static str {
        ADDRESS
    }

    /// Stores a fixture's OCI archive as `name` (repository and tag).
    ///
    /// # Errors
    /// When the fixture is missing or the copy fails.
    pub fn store(&self, file: &str, name: &str) -> Result<()> {
        let archive = fixture(&format!("{file}.oci.tar"))?;
        let mut skopeo = self.engine.sandbox().command("skopeo");
        skopeo.args(["--insecure-policy", "copy", "--quiet", "--preserve-digests"]);
        skopeo
            .arg("--dest-tls-verify=false")
            .arg(format!("oci-archive:{}", archive.display()));
        skopeo.arg(format!("docker://{ADDRESS}/{name}"));
        Output::of(&mut skopeo)?.ok().map(drop)
    }

    /// Asks the registry for a path, such as `/v2/_catalog`.
    ///
    /// # Errors
    /// When curl cannot be started.
    pub fn get(&self, path: &str) -> Result<Output> {
        let mut curl = self.engine.sandbox().command("curl");
        curl.args(["--silent", "--fail-with-body", "--max-time", "10"]);
        curl.args([
            "--header",
            "Accept: application/vnd.oci.image.manifest.v1+json",
        ]);
        Output::of(curl.arg(format!("http://{ADDRESS}{path}")))
    }

    /// Stores a manifest document under `name` and a tag.
    ///
    /// # Errors
    /// When the registry refuses it.
    pub fn put_manifest(&self, name: &str, tag: &str, media_type: &str, body: &str) -> Result<()> {
        let mut curl = self.engine.sandbox().command("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--max-time",
            "10",
        ]);
        curl.args([
            "--request",
            "PUT",
            "--header",
            &format!("Content-Type: {media_type}"),
        ]);
        curl.args(["--data-binary", body]);
        let path = format!("http://{ADDRESS}/v2/{name}/manifests/{tag}");
        Output::of(curl.arg(path))?.ok().map(drop)
    }
}

impl Drop for Registry<'_> {
    fn drop(&mut self) {
        // Already dead is as good; a failed wait leaves nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(self.engine.dir().join("registry"));
    }
}
