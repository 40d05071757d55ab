//! `--health-*` and `--no-healthcheck`.

use palan_docker_api::container::HealthConfig;

/// Values of the flags; durations in nanoseconds, 0 means not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthFlags {
    /// `--no-healthcheck`
    pub disabled: bool,
    /// `--health-cmd`
    pub command: String,
    /// `--health-interval`
    pub interval: i64,
    /// `--health-timeout`
    pub timeout: i64,
    /// `--health-start-period`
    pub start_period: i64,
    /// `--health-start-interval`
    pub start_interval: i64,
    /// `--health-retries`
    pub retries: i64,
}

/// The health check of a create request; none when nothing was said about it.
///
/// # Errors
/// When the flags contradict each other, in Docker's words.
pub fn config(flags: &HealthFlags) -> Result<Option<HealthConfig>, String> {
    let nothing = HealthFlags {
        disabled: flags.disabled,
        ..HealthFlags::default()
    };
    if flags.disabled {
        if *flags != nothing {
            return Err("--no-healthcheck conflicts with --health-* options".to_owned());
        }
        return Ok(Some(HealthConfig {
            test: vec!["NONE".to_owned()],
            ..HealthConfig::default()
        }));
    }
    if *flags == nothing {
        return Ok(None);
    }
    for (name, value) in [
        ("interval", flags.interval),
        ("timeout", flags.timeout),
        ("retries", flags.retries),
        ("start-period", flags.start_period),
        ("start-interval", flags.start_interval),
    ] {
        if value < 0 {
            return Err(format!("--health-{name} cannot be negative"));
        }
    }
    let test = match flags.command.as_str() {
        "" => Vec::new(),
        command => vec!["CMD-SHELL".to_owned(), command.to_owned()],
    };
    Ok(Some(HealthConfig {
        test,
        interval: flags.interval,
        timeout: flags.timeout,
        start_period: flags.start_period,
        start_interval: flags.start_interval,
        retries: flags.retries,
    }))
}
