//! Small files of a container: `hosts`, `resolv.conf`, `hostname`.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::SnapshotsError;

/// Writes a file anew, in a directory that is made when it is missing. The name must be plain.
pub(crate) fn write_file(
    directory: &Path,
    name: &str,
    contents: &[u8],
) -> Result<PathBuf, SnapshotsError> {
    if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
        return Err(SnapshotsError::FileName(name.to_owned()));
    }
    let path = directory.join(name);
    let written = match write(&path, contents) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let made = DirBuilder::new().mode(0o711).create(directory);
            made.and_then(|()| write(&path, contents))
        }
        written => written,
    };
    written.map_err(SnapshotsError::io("write", &path))?;
    Ok(path)
}

/// In place: a file that a crash leaves half written is written anew before the container starts.
fn write(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)?;
    // The umask may have taken bits away that the container's users need.
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.write_all(contents)
}
