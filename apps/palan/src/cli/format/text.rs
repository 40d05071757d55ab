//! Shortening, quoting, ordering.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::table::{char_width, display_width};

/// Characters of a short identifier.
const SHORT_ID: usize = 12;

/// The first twelve digits of an identifier, without `sha256:`.
pub fn short_id(id: &str) -> &str {
    let bare = id.split_once(':').map_or(id, |(_, hex)| hex);
    bare.get(..SHORT_ID).unwrap_or(bare)
}

/// Cuts a text to so many columns, the last of them an ellipsis.
pub fn ellipsis(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let mut cut = String::new();
    for character in text.chars() {
        used += char_width(character);
        if used > columns.saturating_sub(1) {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    cut
}

/// A text in double quotes, as Go's `strconv.Quote` writes it.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            control if control < ' ' || control == '\x7f' => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// `key=value` of each label, sorted, with commas between.
pub fn join_labels(labels: &BTreeMap<String, String>) -> String {
    let mut pairs: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.sort_unstable();
    pairs.join(",")
}

/// Order in which numbers inside texts count as numbers: `v2` before `v10`.
pub fn natural_order(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (left_digits, right_digits) = (digits(left), digits(right));
        if left_digits > 0 && right_digits > 0 {
            let number = |text: &[u8]| {
                let zeros = text.iter().take_while(|byte| **byte == b'0').count();
                (text.len() - zeros, text[zeros..].to_vec())
            };
            let order = number(&left[..left_digits]).cmp(&number(&right[..right_digits]));
            let order = order.then(left_digits.cmp(&right_digits));
            if order != Ordering::Equal {
                return order;
            }
            left = &left[left_digits..];
            right = &right[right_digits..];
            continue;
        }
        match (left.split_first(), right.split_first()) {
            (Some((l, left_rest)), Some((r, right_rest))) if l == r => {
                left = left_rest;
                right = right_rest;
            }
            (l, r) => return l.map(|(byte, _)| byte).cmp(&r.map(|(byte, _)| byte)),
        }
    }
}
