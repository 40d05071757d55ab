//! A network and a mount namespace for one engine.
//!
//! Has `lo`, and the interface `host0` with 198.51.100.1 (RFC 5737) as "another address of the host". A small
//! process holds the namespaces; the kernel kills it when the thread that made the sandbox ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

const SET_UP: &str = "
ip link set lo up
ip link add host0 type veth peer name wire0
ip link set wire0 up
ip addr add 198.51.100.1/24 dev host0
ip link set host0 up
ip route add default via 198.51.100.2
echo ready
exec sleep infinity
";

/// Namespaces that live as long as this value.
#[derive(Debug)]
pub struct Sandbox {
    holder: Child,
}

impl Sandbox {
    /// Makes the namespaces and their interfaces.
    ///
    /// # Errors
    /// When not root or a program is missing.
    pub fn new() -> Result<Self> {
        let mut command = Command::new("setpriv");
        command.args([
            "--pdeathsig",
            "KILL",
            "unshare",
            "--net",
            "--mount",
            "--propagation",
        ]);
        command
            .args(["slave", "sh", "-euc", SET_UP])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut holder = command.spawn().context("failed to start the sandbox")?;
        let stdout = holder
            .stdout
            .take()
            .context("failed to read from the sandbox")?;
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .context("failed to read from the sandbox")?;
        let sandbox = Self { holder };
        if line.trim() != "ready" {
            bail!("failed to set up the sandbox: are the tests run as root?");
        }
        Ok(sandbox)
    }

    /// A command that runs inside.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.pid()));
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.pid()));
        command.arg("--").arg(program);
        command
    }

    /// The process that holds the namespaces.
    pub fn pid(&self) -> u32 {
        self.holder.id()
    }

    /// Whether the process `pid` is in one of the namespaces (and is not the holder).
    pub fn contains(&self, pid: u32) -> bool {
        let same = |kind: &str| {
            let inode = |pid| fs::metadata(format!("/proc/{pid}/ns/{kind}")).map(|m| m.ino());
            matches!((inode(pid), inode(self.pid())), (Ok(a), Ok(b)) if a == b)
        };
        pid != self.pid() && (same("net") || same("mnt"))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Already dead is as good; a failed wait leaves nothing to do.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
