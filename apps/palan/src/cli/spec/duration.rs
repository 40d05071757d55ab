//! Durations as Go writes them (`time.ParseDuration`): `300ms`, `1.5h`, `2h45m`.

use crate::cli::args::FlagValue;

/// A duration in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoDuration(pub i64);

impl FlagValue for GoDuration {
    const WORD: &'static str = "duration";

    fn set(&mut self, text: &str) -> Result<(), String> {
        self.0 = parse(text).ok_or_else(|| format!("time: invalid duration {text:?}"))?;
        Ok(())
    }
}

/// Nanoseconds; none when the text is no duration.
pub fn parse(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        total += number * unit(&rest[..letters])?;
        rest = &rest[letters..];
    }
    // Nanoseconds of every duration that makes sense are exact in a double.
    #[allow(clippy::cast_possible_truncation)]
    let nanoseconds = total as i64;
    Some(if negative { -nanoseconds } else { nanoseconds })
}

fn unit(text: &str) -> Option<f64> {
    Some(match text {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    })
}

/// A time for the API's `since` and `until`: seconds since 1970 with nanoseconds. Accepts a
/// duration before now, RFC 3339 and its shorter forms in the user's time zone, and seconds as
/// they are. Empty for an empty text.
///
/// # Errors
/// When the text is none of these.
pub fn query_time(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number {
        return Ok(text.to_owned());
    }
    let time = match parse(text) {
        Some(nanoseconds) => {
            let now = jiff::Timestamp::now().as_nanosecond();
            jiff::Timestamp::from_nanosecond(now - i128::from(nanoseconds)).ok()
        }
        None => parse_time(text),
    };
    let time =
        time.ok_or_else(|| format!("failed to parse value as time or duration: {text:?}"))?;
    let (seconds, nanoseconds) = (time.as_second(), time.subsec_nanosecond());
    Ok(format!("{seconds}.{nanoseconds:09}"))
}

/// `2006-01-02T15:04:05.9Z`, or without zone, seconds, minutes, hour.
fn parse_time(text: &str) -> Option<jiff::Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let zone = jiff::tz::TimeZone::system();
    let padded = match text.split_once('T') {
        None => format!("{text}T00:00:00"),
        Some((_, clock)) => match clock.matches(':').count() {
            0 => format!("{text}:00:00"),
            1 => format!("{text}:00"),
            _ => text.to_owned(),
        },
    };
    let local: jiff::civil::DateTime = padded.parse().ok()?;
    local.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}
