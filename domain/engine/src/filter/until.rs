//! The filter `until`: a point in time, or how long before now.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use palan_model::Timestamp;

use super::Filters;
use crate::{Error, Result};

/// The time that `until` names; none when the filter is absent. What is newer is to be left alone.
///
/// # Errors
/// Several values, or one in no known form.
pub(crate) fn until(filters: &Filters, now: Timestamp) -> Result<Option<Timestamp>> {
    let Some(values) = filters.get("until") else {
        return Ok(None);
    };
    let [value] = &values[..] else {
        return Err(Error::InvalidParameter(
            "more than one until filter specified".to_owned(),
        ));
    };
    match parse(value, now) {
        Some(time) => Ok(Some(time)),
        None => Err(Error::InvalidParameter(format!(
            "failed to parse value as time or duration: {value:?}"
        ))),
    }
}

/// Durations of Go (`1h30m`), RFC 3339, date and time or a date alone (in UTC), seconds of Unix.
fn parse(value: &str, now: Timestamp) -> Option<Timestamp> {
    if let Some(seconds) = unix_seconds(value) {
        return Some(seconds);
    }
    if let Some(duration) = go_duration(value) {
        return now.checked_sub(duration).ok();
    }
    if let Ok(time) = value.parse() {
        return Some(time);
    }
    let time: DateTime = match value.parse::<Date>() {
        Ok(date) if !value.contains(':') => date.into(),
        _ => value.parse().ok()?,
    };
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// `1136073600` or `1136073600.000000001`.
fn unix_seconds(value: &str) -> Option<Timestamp> {
    let (seconds, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, nanoseconds).ok()
}

/// A sequence of numbers with units, as `time.ParseDuration` reads it.
fn go_duration(value: &str) -> Option<jiff::SignedDuration> {
    let (negative, mut rest) = match value.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number: f64 = rest[..rest.len() - digits.len()].parse().ok()?;
        let after = digits.trim_start_matches(char::is_alphabetic);
        let unit = match &digits[..digits.len() - after.len()] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "μs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number * unit;
        rest = after;
    }
    let signed = if negative { -seconds } else { seconds };
    let known = value.bytes().any(|b| b.is_ascii_digit());
    known
        .then(|| jiff::SignedDuration::try_from_secs_f64(signed).ok())
        .flatten()
}
