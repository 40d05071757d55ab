//! Questions before something is removed for good.

use std::io::BufRead;

use super::failure::{Failure, Outcome};
use super::session::Session;

/// Asks; anything but `y` is no.
///
/// # Errors
/// When the streams are closed, and silently when the answer is no.
pub fn confirm(session: &Session, warning: &str, what: &str) -> Outcome {
    session.print(&format!(
        "{warning}\nAre you sure you want to continue? [y/N] "
    ))?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("y") {
        return Ok(());
    }
    session.remark(&format!("{what} has been cancelled"));
    Err(Failure::silent(0))
}
