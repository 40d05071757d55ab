//! What a container's configuration says about checking its health. Pure.

use std::time::Duration;

use palan_model::ContainerConfig;
use palan_model::container::Healthcheck;

/// For a check and between two of them, when the configuration does not say.
const DEFAULT_TIME: Duration = Duration::from_secs(30);
const DEFAULT_RETRIES: i64 = 3;

/// A health check with its defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// Program and arguments.
    pub command: Vec<String>,
    /// From the start, and from the end of a probe, to the next probe.
    pub interval: Duration,
    /// The same within the start period, as long as no probe succeeded. When nobody asks for another
    /// it is the interval, as before Docker 25, which falls back to five seconds.
    pub start_interval: Duration,
    /// The longest a probe may take.
    pub timeout: Duration,
    /// From the start on: failures before the first success do not count.
    pub start_period: Duration,
    /// Failures in a row that make the container unhealthy.
    pub retries: i64,
}

impl Check {
    /// From now to the next probe, so long after the container's start.
    pub fn pause(&self, starting: bool, since_start: Duration) -> Duration {
        if starting && since_start < self.start_period {
            self.start_interval
        } else {
            self.interval
        }
    }
}

/// The check of a container; none when it has none, or one of an unknown kind, as in Docker.
pub(super) fn plan_check(config: &ContainerConfig) -> Option<Check> {
    let check = config.healthcheck.as_ref()?;
    let interval = time(check.interval).unwrap_or(DEFAULT_TIME);
    Some(Check {
        command: command(config, check)?,
        interval,
        start_interval: time(check.start_interval).unwrap_or(interval),
        timeout: time(check.timeout).unwrap_or(DEFAULT_TIME),
        start_period: time(check.start_period).unwrap_or_default(),
        retries: Some(check.retries)
            .filter(|retries| *retries > 0)
            .unwrap_or(DEFAULT_RETRIES),
    })
}

fn command(config: &ContainerConfig, check: &Healthcheck) -> Option<Vec<String>> {
    let (kind, command) = check.test.split_first()?;
    match kind.as_str() {
        "CMD" => Some(command.to_vec()),
        "CMD-SHELL" => {
            let shell = config.shell.clone().filter(|shell| !shell.is_empty());
            let mut shell = shell.unwrap_or_else(|| ["/bin/sh", "-c"].map(str::to_owned).to_vec());
            shell.extend_from_slice(command);
            Some(shell)
        }
        _ => None,
    }
}

fn time(nanoseconds: i64) -> Option<Duration> {
    let nanoseconds = u64::try_from(nanoseconds).ok()?;
    (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
}
