//! Where things are and what was asked for, from the environment.
//!
//! `PALAN_E2E` is `both` (default), `reference`, `palan` or `cli`; `PALAN_BIN` names the palan program,
//! `PALAN_E2E_DOCKER` Docker's command line.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Which engines take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engines {
    Both,
    Reference,
    Palan,
    /// The reference twice: with Docker's command line and with ours.
    Cli,
}

/// Whose command line is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Docker,
    Palan,
}

/// Settings of a test run.
#[derive(Clone, Debug)]
pub struct Settings {
    pub engines: Engines,
    pub client: Client,
    /// Docker's command line.
    pub docker: PathBuf,
    /// The palan program; checked only when Palan takes part.
    pub palan: PathBuf,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a value is unknown or a program that is needed does not exist.
    pub fn from_env() -> Result<Self> {
        let engines = match env::var("PALAN_E2E").as_deref() {
            Err(_) | Ok("both") => Engines::Both,
            Ok("reference") => Engines::Reference,
            Ok("palan") => Engines::Palan,
            Ok("cli") => Engines::Cli,
            Ok(other) => bail!("PALAN_E2E is {other:?}, not both, reference, palan or cli"),
        };
        let docker = env::var_os("PALAN_E2E_DOCKER").map(PathBuf::from);
        let docker = docker
            .or_else(|| in_path("docker"))
            .context("found no docker program")?;
        let palan = env::var_os("PALAN_BIN").map_or_else(built_palan, PathBuf::from);
        if engines != Engines::Reference && !palan.is_file() {
            bail!(
                "{} does not exist: run cargo build --workspace --bins",
                palan.display()
            );
        }
        Ok(Self {
            engines,
            client: Client::Docker,
            docker,
            palan,
        })
    }
}

/// The file of a fixture image.
///
/// # Errors
/// When it has not been made.
pub fn fixture(file: &str) -> Result<PathBuf> {
    let path = target_dir().join("fixtures").join(file);
    if !path.is_file() {
        bail!(
            "{} does not exist: run cargo xtask fixtures",
            path.display()
        );
    }
    Ok(path)
}

/// Cargo's output folder.
pub(crate) fn target_dir() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest
        .ancestors()
        .nth(2)
        .expect("tests/e2e lies two levels below the workspace");
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn built_palan() -> PathBuf {
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    target_dir()
        .join("x86_64-unknown-linux-gnu")
        .join(profile)
        .join("palan")
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}
