//! `cargo xtask setup`: installs what the tests need from Debian 12's packages.
//!
//! Starts no service: every daemon a test needs is started by that test, on its own sockets.
//! Does nothing, quickly, when all is installed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// What tests, fixtures and the benchmark call, with the reason.
const PACKAGES: &[(&str, &str)] = &[
    (
        "docker.io",
        "the reference engine and a command line that is not ours",
    ),
    ("docker-registry", "a registry to pull from and push to"),
    ("skopeo", "fills the registry with OCI images"),
    ("podman", "peer in the benchmark"),
    ("netavark", "podman's default network"),
    ("crun", "peer in the benchmark"),
    (
        "runc",
        "the reference engine's runtime and a peer in the benchmark",
    ),
    ("busybox-static", "fixture image"),
    ("mmdebstrap", "fixture images"),
    ("iptables", "the reference engine's firewall"),
    ("nftables", "lists rules in leak checks"),
    ("iproute2", "network namespaces for tests"),
    ("util-linux", "unshare and nsenter for tests"),
    ("procps", "the reference engine's top"),
    ("python3", "small servers and clients in tests"),
    ("curl", "client of published ports"),
    ("redis-tools", "client of the redis fixture"),
    ("postgresql-client", "client of the postgres fixture"),
];

const ATTEMPTS: u32 = 3;

/// Installs the missing ones of [`PACKAGES`].
///
/// # Errors
/// When not root, or when apt fails in each of a few attempts.
pub fn run() -> Result<()> {
    let missing = missing_packages()?;
    if missing.is_empty() {
        println!("setup: all {} packages are installed", PACKAGES.len());
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() {
        bail!("failed to install {}: run as root", missing.join(" "));
    }
    println!("setup: installing {}", missing.join(" "));
    let _shield = ServiceShield::raise()?;
    retry("update package lists", || {
        process::output(apt().arg("update")).map(drop)
    })?;
    retry("install packages", || {
        let mut command = apt();
        command
            .args(["install", "-y", "--no-install-recommends"])
            .args(&missing);
        process::output(&mut command).map(drop)
    })
}

fn missing_packages() -> Result<Vec<&'static str>> {
    let format = "-f=${Package} ${db:Status-Status}\\n";
    let listed = Command::new("dpkg-query")
        .args(["-W", format])
        .args(PACKAGES.iter().map(|(name, _)| name))
        .output()
        .context("failed to run dpkg-query: the tests need Debian 12")?;
    let listed = String::from_utf8_lossy(&listed.stdout);
    let installed = |name: &str| {
        listed
            .lines()
            .any(|line| line == format!("{name} installed"))
    };
    Ok(PACKAGES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !installed(name))
        .collect())
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1")
        .args([
            "-q",
            "-o",
            "Acquire::Retries=3",
            "-o",
            "DPkg::Lock::Timeout=120",
        ]);
    command
}

fn retry(what: &str, mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    let mut number = 1;
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(error) if number == ATTEMPTS => {
                return Err(error.context(format!("failed to {what} in {ATTEMPTS} attempts")));
            }
            Err(error) => eprintln!("setup: {what}, attempt {number}: {error:#}"),
        }
        number += 1;
    }
}

/// Keeps packages from starting services: Debian's `policy-rc.d`, removed again on drop.
struct ServiceShield {
    created: bool,
}

impl ServiceShield {
    const PATH: &str = "/usr/sbin/policy-rc.d";

    fn raise() -> Result<Self> {
        if Path::new(Self::PATH).exists() {
            return Ok(Self { created: false });
        }
        fs::write(Self::PATH, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(Self::PATH, fs::Permissions::from_mode(0o755)))
            .context("failed to write /usr/sbin/policy-rc.d")?;
        Ok(Self { created: true })
    }
}

impl Drop for ServiceShield {
    fn drop(&mut self) {
        if self.created
            && let Err(error) = fs::remove_file(Self::PATH)
        {
            eprintln!("setup: failed to remove {}: {error}", Self::PATH);
        }
    }
}
