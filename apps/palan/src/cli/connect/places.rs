//! Where the engine of a user lives.

use std::path::{Path, PathBuf};

/// Directories and socket of a user's engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The socket it listens on.
    pub socket: PathBuf,
    /// Sockets and mounts; empty after a reboot.
    pub run_root: PathBuf,
    /// Everything that lasts.
    pub data_root: PathBuf,
}

impl Places {
    /// The places of root's engine.
    pub fn of_root() -> Self {
        Self::at(Path::new("/run/palan"), Path::new("/var/lib/palan"))
    }

    /// The places of the engine of the user who runs this program.
    pub fn of_this_user() -> Self {
        let user = rustix::process::geteuid();
        if user.is_root() {
            return Self::of_root();
        }
        let variable = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let run = variable("XDG_RUNTIME_DIR")
            .unwrap_or_else(|| PathBuf::from(format!("/run/user/{}", user.as_raw())));
        let data =
            variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")));
        let data = data.unwrap_or_else(|| run.clone());
        Self::at(&run.join("palan"), &data.join("palan"))
    }

    fn at(run_root: &Path, data_root: &Path) -> Self {
        Self {
            socket: run_root.join("palan.sock"),
            run_root: run_root.to_owned(),
            data_root: data_root.to_owned(),
        }
    }

    /// The file that a started engine writes its messages to.
    pub fn log_file(&self) -> PathBuf {
        self.data_root.join("engine.log")
    }

    /// The file whose lock keeps two commands from starting two engines.
    pub fn start_lock(&self) -> PathBuf {
        self.run_root.join("start.lock")
    }
}
