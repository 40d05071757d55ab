//! Sizes as people write them: `512`, `64k`, `1.5GB`, `10 MiB`. Powers of 1024.

/// Bytes.
///
/// # Errors
/// When the text is no size, in Docker's words.
pub fn parse_bytes(text: &str) -> Result<i64, String> {
    let invalid = || format!("invalid size: '{text}'");
    let last = text
        .rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))
        .ok_or_else(invalid)?;
    let (number, suffix) = text.split_at(last + 1);
    let number = number.strip_suffix(' ').unwrap_or(number);
    let value: f64 = number
        .parse()
        .map_err(|_| format!("strconv.ParseFloat: parsing {number:?}: invalid syntax"))?;
    if value < 0.0 {
        return Err(invalid());
    }
    let factor = multiplier(suffix).ok_or_else(|| format!("invalid suffix: '{suffix}'"))?;
    // Cut as Go's conversion cuts.
    #[allow(clippy::cast_possible_truncation)]
    Ok((value * factor) as i64)
}

/// `k`, `kb`, `KiB` and so on; `b` alone is one.
fn multiplier(suffix: &str) -> Option<f64> {
    let lower = suffix.to_ascii_lowercase();
    if matches!(lower.as_str(), "" | "b") {
        return Some(1.0);
    }
    let unit = lower.chars().next()?;
    let power = "kmgtp".find(unit)?;
    let rest = &lower[1..];
    if !matches!(rest, "" | "b" | "ib") {
        return None;
    }
    let exponent = i32::try_from(power).ok()? + 1;
    Some(1024f64.powi(exponent))
}
