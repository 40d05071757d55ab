//! Names of the files of one log.

use std::path::{Path, PathBuf};

/// The file with number `index`: 0 is the current one, higher ones are older.
pub(crate) fn numbered(path: &Path, index: u32) -> PathBuf {
    if index == 0 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{index}"));
    name.into()
}
