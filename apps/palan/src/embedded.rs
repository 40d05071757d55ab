//! The two programs that this one carries: `palan-runner`, and the image `palan/hello`.
//!
//! The build script makes both (`build.rs`). Nothing here reads them at start: digests are known
//! when the program is compiled.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

static RUNNER: &[u8] = include_bytes!(env!("PALAN_RUNNER_BIN"));
const RUNNER_SHA256: &str = env!("PALAN_RUNNER_SHA256");
static HELLO: &[u8] = include_bytes!(env!("PALAN_HELLO_ARCHIVE"));

/// Name of the built-in image.
pub const HELLO_NAME: &str = "palan/hello:latest";
/// Identifier of the built-in image: the digest of its configuration.
#[cfg(test)]
const HELLO_IMAGE_ID: &str = env!("PALAN_HELLO_IMAGE_ID");

/// Directory of the data root that holds the runner, and how its files' names begin.
const DIRECTORY: &str = "bin";
const PREFIX: &str = "palan-runner-";

/// The image [`HELLO_NAME`] as an archive that `load` takes.
pub fn hello_archive() -> &'static [u8] {
    HELLO
}

/// Makes sure that the runner is a file below the data root, and returns its path. The name
/// carries the digest, so runners of several versions live side by side; those of other versions
/// are removed, which does not disturb the containers that still run them. Call it with the data
/// root locked. (Not below the run root: `/run` is often mounted `noexec`.)
///
/// # Errors
/// When the data root cannot be written.
pub fn ensure_runner(data_root: &Path) -> anyhow::Result<PathBuf> {
    let directory = data_root.join(DIRECTORY);
    let name = format!("{PREFIX}{}", &RUNNER_SHA256[..16]);
    let path = directory.join(&name);
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    if !is_in_place(&path) {
        install(&path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    remove_others(&directory, &name)
        .with_context(|| format!("cannot clean up {}", directory.display()))?;
    Ok(path)
}

/// The contents are compared too: a power failure may have left a file without its bytes.
fn is_in_place(path: &Path) -> bool {
    let executable =
        |meta: fs::Metadata| meta.is_file() && meta.permissions().mode() & 0o777 == 0o755;
    fs::symlink_metadata(path).is_ok_and(executable) && fs::read(path).is_ok_and(|b| b == RUNNER)
}

fn install(path: &Path) -> io::Result<()> {
    let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = fs::write(&unfinished, RUNNER)
        .and_then(|()| fs::set_permissions(&unfinished, Permissions::from_mode(0o755)))
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // The first failure is the one to report.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn remove_others(directory: &Path, name: &str) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let other = entry.file_name();
        let other = other.to_string_lossy();
        if other.starts_with(PREFIX) && other != name {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
