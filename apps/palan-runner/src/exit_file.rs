//! `exit.json`: how the container ended, for engines that were not there.

use std::fs;
use std::io;
use std::path::Path;

use palan_model::runner::{EXIT_FILE, ExitStatus};

/// Writes the file under another name and renames it, so that nobody sees a part of it. It is not
/// synced: the run directory does not survive the host anyway.
///
/// # Errors
/// The kernel's.
pub fn write(run_dir: &Path, status: &ExitStatus) -> io::Result<()> {
    let text = serde_json::to_vec(status).expect("a status is plain data");
    let temporary = run_dir.join("exit.json.new");
    fs::write(&temporary, text)?;
    fs::rename(&temporary, run_dir.join(EXIT_FILE))
}
