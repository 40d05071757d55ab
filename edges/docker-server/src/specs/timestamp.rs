//! Times in queries: seconds since 1970, with an optional fraction.

use palan_model::Timestamp;

use crate::failure::Failure;

/// Reads `1795590823` or `1795590823.371297380`; none when empty.
///
/// # Errors
/// In the words of Go's `strconv`.
pub(crate) fn timestamp(text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text else {
        return Ok(None);
    };
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let invalid = |part: &str| {
        Failure::bad_request(format!(
            "strconv.ParseInt: parsing {part:?}: invalid syntax"
        ))
    };
    let whole: i64 = seconds.parse().map_err(|_| invalid(seconds))?;
    let digits: String = fraction.chars().take(9).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(fraction));
    }
    let nanoseconds: i32 = format!("{digits:0<9}")
        .parse()
        .map_err(|_| invalid(fraction))?;
    let nanoseconds = if seconds.starts_with('-') {
        -nanoseconds
    } else {
        nanoseconds
    };
    Timestamp::new(whole, nanoseconds)
        .map(Some)
        .map_err(|_| invalid(text))
}
