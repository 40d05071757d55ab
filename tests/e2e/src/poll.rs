//! Waiting for conditions: tests never sleep for a time and hope.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const STEP: Duration = Duration::from_millis(20);

/// Asks `condition` again and again until it holds.
///
/// # Errors
/// When it does not hold within `limit`, naming `what` was waited for; or when it fails itself.
pub fn wait_until(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let started = Instant::now();
    while !condition()? {
        if started.elapsed() > limit {
            bail!("waited {limit:?} in vain for {what}");
        }
        std::thread::sleep(STEP);
    }
    Ok(())
}
