//! Small files of a container: `hosts`, `resolv.conf`, `hostname`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::SnapshotsError;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Replaces a file as a whole. The name must be plain, and not the writable layer's.
pub(crate) fn write_file(
    directory: &Path,
    name: &str,
    contents: &[u8],
) -> Result<PathBuf, SnapshotsError> {
    let is_plain = !matches!(name, "" | "." | ".." | "upper" | "work");
    if !is_plain || name.contains(['/', '\0']) {
        return Err(SnapshotsError::FileName(name.to_owned()));
    }
    let path = directory.join(name);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = directory.join(format!(".{name}.{}-{number}", std::process::id()));
    let written = write_new(&temporary, contents).and_then(|()| fs::rename(&temporary, &path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(SnapshotsError::io("write", &path)(error));
    }
    Ok(path)
}

fn write_new(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(path)?;
    // The umask may have taken bits away that the container's users need.
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.write_all(contents)
}
