//! Numbers of tar headers: octal text, GNU's base-256, and PAX decimals.

use super::ModificationTime;

/// A numeric field of a header: octal, or base-256 when the first bit is set. Empty is 0.
pub(super) fn numeric(field: &[u8]) -> Option<i64> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => base256(field),
        _ => octal(field),
    }
}

fn base256(field: &[u8]) -> Option<i64> {
    let negative = field[0] & 0x40 != 0;
    let invert = if negative { 0xff } else { 0 };
    let mut value: u64 = 0;
    for (i, byte) in field.iter().enumerate() {
        let mut digit = byte ^ invert;
        if i == 0 {
            digit &= 0x7f;
        }
        if value >> 56 != 0 {
            return None;
        }
        value = value << 8 | u64::from(digit);
    }
    let value = i64::try_from(value).ok()?;
    Some(if negative { !value } else { value })
}

fn octal(field: &[u8]) -> Option<i64> {
    let padding = |b: &u8| matches!(b, b' ' | 0);
    let start = field
        .iter()
        .position(|b| !padding(b))
        .unwrap_or(field.len());
    let field = &field[start..];
    let end = field.iter().position(padding).unwrap_or(field.len());
    let mut value: i64 = 0;
    for digit in &field[..end] {
        if !matches!(digit, b'0'..=b'7') {
            return None;
        }
        value = value.checked_mul(8)?.checked_add(i64::from(digit - b'0'))?;
    }
    Some(value)
}

/// Digits only, as in PAX records.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    text.iter().try_fold(0u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

/// A PAX time: seconds with an optional sign and fraction. Digits beyond nanoseconds are cut off.
pub(super) fn time(text: &[u8]) -> Option<ModificationTime> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut parts = text.splitn(2, |b| *b == b'.');
    let whole = i64::try_from(decimal(parts.next()?)?).ok()?;
    let fraction = parts.next().unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = fraction.iter().copied().chain(std::iter::repeat(b'0'));
    let nanoseconds = digits
        .take(9)
        .fold(0, |n, digit| n * 10 + u32::from(digit - b'0'));
    Some(match (negative, nanoseconds) {
        (false, _) => ModificationTime {
            seconds: whole,
            nanoseconds,
        },
        (true, 0) => ModificationTime {
            seconds: -whole,
            nanoseconds: 0,
        },
        (true, _) => ModificationTime {
            seconds: -whole - 1,
            nanoseconds: 1_000_000_000 - nanoseconds,
        },
    })
}
