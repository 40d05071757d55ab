//! Times in the formats of Go's `time` package that Docker prints. The zone is the user's.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `2006-01-02 15:04:05 -0700 MST` of seconds since 1970.
pub fn local_seconds(seconds: i64) -> String {
    strftime(
        "%Y-%m-%d %H:%M:%S %z %Z",
        Timestamp::from_second(seconds).unwrap_or_default(),
    )
}

/// `2006-01-02T15:04:05Z07:00` of seconds since 1970.
pub fn rfc3339_local(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).unwrap_or_default();
    zulu(strftime("%Y-%m-%dT%H:%M:%S%:z", time))
}

/// `2006-01-02T15:04:05.000000000Z07:00` of nanoseconds since 1970.
pub fn fixed_nanos(nanoseconds: i64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or_default();
    zulu(strftime("%Y-%m-%dT%H:%M:%S.%9f%:z", time))
}

/// `Mon Jan  2 15:04:05 2006` of a time in RFC 3339; other texts as they are.
pub fn ansi_c(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => time
            .to_zoned(TimeZone::UTC)
            .strftime("%a %b %e %H:%M:%S %Y")
            .to_string(),
        Err(_) => text.to_owned(),
    }
}

fn strftime(format: &str, time: Timestamp) -> String {
    time.to_zoned(TimeZone::system())
        .strftime(format)
        .to_string()
}

fn zulu(text: String) -> String {
    match text.strip_suffix("+00:00") {
        Some(bare) => format!("{bare}Z"),
        None => text,
    }
}

/// `2006-01-02 15:04:05.999999999 -0700 MST` of a time in RFC 3339, in its own zone.
pub fn go_time(text: &str) -> String {
    let Ok(time) = text.parse::<Timestamp>() else {
        return text.to_owned();
    };
    // Without a fraction when there is none.
    time.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC")
        .to_string()
}
