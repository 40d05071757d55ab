//! Sizes and durations for people (Docker's `go-units`).

use std::time::Duration;

const DECIMAL_UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const BINARY_UNITS: [&str; 9] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/// Bytes in powers of 1000 with three significant digits: `4.98MB`.
pub fn short_decimal_size(bytes: f64) -> String {
    sized(bytes, 1000.0, 3, &DECIMAL_UNITS)
}

/// Bytes in powers of 1000 with four significant digits: `4.982MB`.
pub fn decimal_size(bytes: f64) -> String {
    sized(bytes, 1000.0, 4, &DECIMAL_UNITS)
}

/// Bytes in powers of 1024 with four significant digits: `23.54GiB`.
pub fn binary_size(bytes: f64) -> String {
    sized(bytes, 1024.0, 4, &BINARY_UNITS)
}

fn sized(bytes: f64, base: f64, digits: usize, units: &[&str; 9]) -> String {
    let mut value = bytes;
    let mut unit = 0;
    while value >= base && unit < units.len() - 1 {
        value /= base;
        unit += 1;
    }
    format!("{}{}", significant(value, digits), units[unit])
}

/// A number as C's `%.*g` writes it.
fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("LowerExp writes an exponent");
    let exponent: i32 = exponent
        .parse()
        .expect("LowerExp writes a number after the e");
    let trim = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    let limit = i32::try_from(digits).expect("a handful of digits");
    if exponent < -4 || exponent >= limit {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    trim(&format!("{value:.decimals$}"))
}

/// A duration in its largest unit: `About a minute`, `3 hours`.
pub fn human_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let minutes = seconds / 60;
    // Hours are rounded, not cut.
    let hours = (seconds + 1800) / 3600;
    match (seconds, minutes, hours) {
        (0, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (..=59, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, ..=59, _) => format!("{minutes} minutes"),
        (.., 1) => "About an hour".to_owned(),
        (.., ..=47) => format!("{hours} hours"),
        (.., ..=335) => format!("{} days", hours / 24),
        (.., ..=1439) => format!("{} weeks", hours / 24 / 7),
        (.., ..=17519) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", seconds / 3600 / 24 / 365),
    }
}

/// How long ago a time in seconds since 1970 was: `5 minutes ago`.
pub fn duration_ago(seconds: i64) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let then = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    format!("{} ago", human_duration(now.saturating_sub(then)))
}
