//! Times as Go's `time.RFC3339Nano` writes them: UTC, trailing zeros of the fraction left out.

use palan_model::Timestamp;

/// Go's zero time: "never".
pub const ZERO: &str = "0001-01-01T00:00:00Z";

/// The time with its nanoseconds; [`ZERO`] when there is none.
#[must_use]
pub fn rfc3339_nano(time: Option<Timestamp>) -> String {
    time.map_or_else(|| ZERO.to_owned(), |time| time.to_string())
}

/// The time in whole seconds, for example `2026-11-25T07:12:48Z`.
#[must_use]
pub fn rfc3339_seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_lose_their_trailing_zeros() {
        let at = |text: &str| rfc3339_nano(Some(text.parse().unwrap()));
        assert_eq!(
            at("2026-11-25T07:12:14.26861189Z"),
            "2026-11-25T07:12:14.26861189Z"
        );
        assert_eq!(at("2026-11-25T07:12:14.500Z"), "2026-11-25T07:12:14.5Z");
        assert_eq!(at("2026-11-25T07:12:14Z"), "2026-11-25T07:12:14Z");
        assert_eq!(rfc3339_nano(None), ZERO);
    }

    #[test]
    fn whole_seconds_have_no_fraction() {
        let time = "2026-11-25T07:12:14.9Z".parse().unwrap();
        assert_eq!(rfc3339_seconds(time), "2026-11-25T07:12:14Z");
    }
}
