//! The lock on a data root: `engine.lock` beside the database, held as long as the engine lives.
//!
//! The kernel drops it with the process (`flock(2)`), so a killed engine leaves nothing to clean up.
//! The file itself stays; it holds the PID of its last holder, for the error message only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::StateError;

const LOCK_FILE: &str = "engine.lock";

/// Takes the lock of a data root. Dropping the file releases it.
///
/// # Errors
/// `InUse` when another engine holds it.
pub(crate) fn take(root: &Path) -> Result<File, StateError> {
    let path = root.join(LOCK_FILE);
    let failed = |action| {
        let path = path.clone();
        move |source| StateError::File {
            action,
            path,
            source,
        }
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed("open"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(StateError::InUse {
                root: root.to_owned(),
                holder: holder(&mut file),
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed("lock")(error)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(failed("write"))?;
    Ok(file)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let pid = match file.take(32).read_to_string(&mut text) {
        Ok(_) => text.trim().parse::<u32>().ok(),
        Err(_) => None,
    };
    pid.map(|pid| format!(" (process {pid})"))
        .unwrap_or_default()
}
