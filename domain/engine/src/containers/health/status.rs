//! How results of probes make a container healthy or unhealthy. Pure.
//!
//! ```text
//!           success                 `retries` failures in a row
//! starting ---------> healthy <---> unhealthy
//!     |                  success       ^  ^
//!     +--`retries` failures in a row---+  |
//!        (the start period's do not count)|
//! any -----the checks rest: paused, ended-+
//! ```

use std::time::Duration;

use palan_model::Timestamp;

use super::plan::Check;

/// Results that are kept.
const KEPT: usize = 5;

/// What is known of a container's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthStatus {
    /// No probe has succeeded, and not enough have failed.
    Starting,
    /// The last probe succeeded, or too few failed since.
    Healthy,
    /// Too many probes failed in a row, or the checks rest.
    Unhealthy,
}

impl HealthStatus {
    /// Docker's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// One probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// When it began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// Of the program; -1 when it could not be run or took too long.
    pub exit_code: i32,
    /// What it wrote, cut at 4096 bytes.
    pub output: String,
}

/// A container's health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The verdict.
    pub status: HealthStatus,
    /// Failures in a row that count.
    pub failing_streak: i64,
    /// The last probes, oldest first; those of earlier runs stay.
    pub log: Vec<ProbeResult>,
}

impl Health {
    /// A run begins.
    pub(super) fn begin(earlier: Option<&Self>) -> Self {
        Self {
            status: HealthStatus::Starting,
            failing_streak: 0,
            log: earlier.map_or_else(Vec::new, |earlier| earlier.log.clone()),
        }
    }

    /// Takes a result; `started_at` is the start of the run.
    pub(super) fn take(
        &mut self,
        check: &Check,
        started_at: Option<Timestamp>,
        result: ProbeResult,
    ) {
        let succeeded = result.exit_code == 0;
        let forgiven = self.status == HealthStatus::Starting
            && between(started_at, result.start) < check.start_period;
        let excess = (self.log.len() + 1).saturating_sub(KEPT);
        self.log.drain(..excess);
        self.log.push(result);
        if succeeded {
            self.failing_streak = 0;
            self.status = HealthStatus::Healthy;
        } else if !forgiven {
            self.failing_streak += 1;
            if self.failing_streak >= check.retries {
                self.status = HealthStatus::Unhealthy;
            }
        }
    }
}

/// Time since the start of a run; none when it is not known or lies ahead.
pub(super) fn between(started_at: Option<Timestamp>, now: Timestamp) -> Duration {
    let since = started_at.map(|started_at| now.duration_since(started_at));
    since
        .and_then(|since| Duration::try_from(since).ok())
        .unwrap_or_default()
}
