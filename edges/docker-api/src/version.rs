//! API versions as they stand in front of paths: `v1.41`.

use std::fmt;
use std::str::FromStr;

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiVersion {
    /// Always 1 so far.
    pub major: u16,
    /// Counts up with Docker's releases.
    pub minor: u16,
}

/// A text that is not `number.number`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid API version {0:?}")]
pub struct InvalidVersion(pub String);

impl ApiVersion {
    /// The oldest version that is served.
    pub const MINIMUM: ApiVersion = ApiVersion::v1(24);
    /// The newest version; also meant when a path carries none.
    pub const CURRENT: ApiVersion = ApiVersion::v1(51);

    /// Version 1.`minor`.
    #[must_use]
    pub const fn v1(minor: u16) -> Self {
        Self { major: 1, minor }
    }
}

impl FromStr for ApiVersion {
    type Err = InvalidVersion;

    /// Accepts `1.41`, without the `v`.
    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let digits = |part: &str| {
            let plain = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse().ok()).flatten()
        };
        text.split_once('.')
            .and_then(|(major, minor)| {
                Some(Self {
                    major: digits(major)?,
                    minor: digits(minor)?,
                })
            })
            .ok_or_else(|| InvalidVersion(text.to_owned()))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number_not_by_text() {
        let parse = |text: &str| text.parse::<ApiVersion>().unwrap();
        assert!(parse("1.9") < parse("1.24"));
        assert!(parse("1.51") > parse("1.41"));
        assert_eq!(parse("1.41").to_string(), "1.41");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1", "1.", ".1", "v1.41", "1.+4", "1.41.2", "1.99999"] {
            assert!(text.parse::<ApiVersion>().is_err(), "{text}");
        }
    }
}
