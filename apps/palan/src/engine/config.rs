//! Settings of an engine: flags win over the configuration file, which wins over defaults.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

const DATA_ROOT: &str = "/var/lib/palan";
const RUN_ROOT: &str = "/run/palan";
const CONFIG_FILE: &str = "/etc/palan/engine.json";
const SOCKET: &str = "palan.sock";
/// Worker threads at most: the engine waits more than it computes.
const MOST_WORKERS: usize = 4;

/// Flags of `palan engine`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct EngineArgs {
    /// Address to serve on, for example unix:///run/palan/palan.sock (repeatable)
    #[arg(short = 'H', long = "host", value_name = "ADDRESS")]
    pub hosts: Vec<String>,
    /// Directory of images, containers and volumes
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Directory of sockets and of what is gone after a reboot
    #[arg(long, value_name = "DIR")]
    pub run_root: Option<PathBuf>,
    /// Configuration file (JSON)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Least severity that is logged: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

/// The configuration file. Unknown names are refused, so that a slip is not ignored in silence.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ConfigFile {
    hosts: Vec<String>,
    data_root: Option<PathBuf>,
    run_root: Option<PathBuf>,
    log_level: Option<String>,
    labels: Vec<String>,
    insecure_registries: Vec<String>,
}

/// What an engine runs with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Addresses to serve on.
    pub hosts: Vec<String>,
    /// Directory of images, containers and volumes.
    pub data_root: PathBuf,
    /// Directory of sockets and of what is gone after a reboot.
    pub run_root: PathBuf,
    /// Least severity that is logged.
    pub log_level: String,
    /// Labels of the engine.
    pub labels: Vec<String>,
    /// Registries that are spoken to without TLS.
    pub insecure_registries: Vec<String>,
}

impl Settings {
    /// Reads flags and file.
    ///
    /// # Errors
    /// When the file cannot be read or says something unknown, or a path is not absolute.
    pub fn load(args: EngineArgs) -> anyhow::Result<Self> {
        let file = read_file(args.config.as_deref())?;
        let run_root = args
            .run_root
            .or(file.run_root)
            .unwrap_or_else(|| RUN_ROOT.into());
        let mut hosts = if args.hosts.is_empty() {
            file.hosts
        } else {
            args.hosts
        };
        if hosts.is_empty() {
            hosts.push(format!("unix://{}", run_root.join(SOCKET).display()));
        }
        let settings = Self {
            hosts,
            data_root: args
                .data_root
                .or(file.data_root)
                .unwrap_or_else(|| DATA_ROOT.into()),
            run_root,
            log_level: args
                .log_level
                .or(file.log_level)
                .unwrap_or_else(|| "info".to_owned()),
            labels: file.labels,
            insecure_registries: file.insecure_registries,
        };
        for path in [&settings.data_root, &settings.run_root] {
            anyhow::ensure!(
                path.is_absolute(),
                "{} must be an absolute path",
                path.display()
            );
        }
        Ok(settings)
    }

    /// Worker threads.
    pub fn workers(&self) -> usize {
        std::thread::available_parallelism()
            .map_or(2, usize::from)
            .clamp(2, MOST_WORKERS)
    }

    /// A name on the host that no other engine uses: `palan` for the engine with the default run
    /// root, else with digits made from it.
    pub fn instance_name(&self) -> String {
        if self.run_root == Path::new(RUN_ROOT) {
            return "palan".to_owned();
        }
        format!(
            "palan-{:06x}",
            fnv(self.run_root.as_os_str().as_encoded_bytes()) & 0xff_ffff
        )
    }
}

/// FNV-1a: short, stable between versions, and nobody attacks it.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn read_file(asked: Option<&Path>) -> anyhow::Result<ConfigFile> {
    let path = asked.unwrap_or(Path::new(CONFIG_FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if asked.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(ConfigFile::default());
        }
        Err(error) => {
            return Err(error).with_context(|| format!("failed to read {}", path.display()));
        }
    };
    serde_json::from_str(&text).with_context(|| format!("failed to understand {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("engine.json");
        std::fs::write(
            &path,
            r#"{"data-root": "/a", "run-root": "/r", "labels": ["x=y"]}"#,
        )
        .unwrap();
        let args = EngineArgs {
            config: Some(path),
            data_root: Some("/b".into()),
            ..EngineArgs::default()
        };
        let settings = Settings::load(args).unwrap();
        assert_eq!(settings.data_root, Path::new("/b"));
        assert_eq!(settings.hosts, ["unix:///r/palan.sock"]);
        assert_eq!(settings.labels, ["x=y"]);
    }

    #[test]
    fn slips_in_the_file_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("engine.json");
        std::fs::write(&path, r#"{"data_root": "/a"}"#).unwrap();
        let args = EngineArgs {
            config: Some(path),
            ..EngineArgs::default()
        };
        let error = format!("{:#}", Settings::load(args).unwrap_err());
        assert!(error.contains("unknown field `data_root`"), "{error}");
    }

    #[test]
    fn engines_beside_each_other_have_different_names() {
        let named = |run_root: &str| {
            let args = EngineArgs {
                run_root: Some(run_root.into()),
                ..EngineArgs::default()
            };
            Settings::load(args).unwrap().instance_name()
        };
        assert_eq!(named("/run/palan"), "palan");
        assert_ne!(named("/tmp/a"), named("/tmp/b"));
        // Interface names are at most 15 bytes.
        assert!(named("/tmp/a").len() <= 15);
    }
}
