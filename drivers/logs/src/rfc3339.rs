//! Times as Go's `time.RFC3339Nano` writes them: UTC, the fraction without trailing zeros.

use palan_model::Timestamp;

/// Length of the longest text: `2026-01-02T03:04:05.123456789Z`.
const MAX_LEN: usize = 30;

/// A formatted time.
pub(crate) struct Rfc3339 {
    text: [u8; MAX_LEN],
    len: usize,
}

impl Rfc3339 {
    /// Formats a time of the years 1970 to 9999.
    pub(crate) fn new(time: Timestamp) -> Self {
        let seconds = time.as_second();
        let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(day);
        let mut this = Self {
            text: *b"0000-00-00T00:00:00.000000000Z",
            len: MAX_LEN,
        };
        this.put(0, 4, year);
        this.put(5, 2, month);
        this.put(8, 2, day);
        this.put(11, 2, second / 3600);
        this.put(14, 2, second / 60 % 60);
        this.put(17, 2, second % 60);
        this.put(20, 9, i64::from(time.subsec_nanosecond()));
        this.trim();
        this
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text[..self.len]
    }

    /// Writes the last `width` decimal digits of `value`.
    fn put(&mut self, at: usize, width: usize, mut value: i64) {
        for digit in self.text[at..at + width].iter_mut().rev() {
            *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
    }

    fn trim(&mut self) {
        let mut end = MAX_LEN - 1;
        while self.text[end - 1] == b'0' {
            end -= 1;
        }
        if self.text[end - 1] == b'.' {
            end -= 1;
        }
        self.text[end] = b'Z';
        self.len = end + 1;
    }
}

/// Year, month and day of the Gregorian calendar, from days since 1970-01-01.
///
/// The year is taken to begin in March, so that the leap day is its last; 400 years, one era, have
/// 146097 days, and 719468 days lie between 0000-03-01 and 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(time: &str) -> String {
        let time = Rfc3339::new(time.parse().unwrap());
        String::from_utf8(time.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn trailing_zeros_are_left_out() {
        for time in [
            "2026-02-28T23:59:59.123456789Z",
            "2024-02-29T00:00:00.1Z",
            "1970-01-01T00:00:00Z",
            "2000-03-01T12:00:00.000000001Z",
        ] {
            assert_eq!(text(time), time);
        }
        assert_eq!(text("2026-10-20T01:02:03.120Z"), "2026-10-20T01:02:03.12Z");
    }

    proptest! {
        #[test]
        fn every_time_reads_back(seconds in 0i64..253_402_300_800, nanos in 0i32..1_000_000_000) {
            let time = Timestamp::new(seconds, nanos).unwrap();
            let text = Rfc3339::new(time);
            let text = std::str::from_utf8(text.as_bytes()).unwrap();
            prop_assert_eq!(text.parse::<Timestamp>().unwrap(), time);
        }
    }
}
