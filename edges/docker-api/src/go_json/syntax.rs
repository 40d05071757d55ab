//! Go's words for malformed JSON.

use serde_json::error::Category;

/// The text that Go's scanner gives for the same bytes. Where the fault lies deeper than its first
/// character tells, serde's own text is kept.
pub(super) fn go_text(bytes: &[u8], error: &serde_json::Error) -> String {
    let trimmed = bytes.trim_ascii();
    if trimmed.is_empty() {
        return "EOF".to_owned();
    }
    if error.classify() == Category::Eof {
        return "unexpected EOF".to_owned();
    }
    let Some(found) = character_at(bytes, error.line(), error.column()) else {
        return error.to_string();
    };
    let text = error.to_string();
    let place = [
        (
            "key must be a string",
            "looking for beginning of object key string",
        ),
        ("expected value", "looking for beginning of value"),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("trailing characters", "after top-level value"),
    ]
    .into_iter()
    .find_map(|(serde, go)| text.starts_with(serde).then_some(go));
    place.map_or(text, |place| {
        format!("invalid character {} {place}", quote(found))
    })
}

/// The character at a position as serde counts: lines from 1, bytes of the line from 1.
fn character_at(bytes: &[u8], line: usize, column: usize) -> Option<char> {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .nth(line.checked_sub(1)?)?;
    let byte = line.get(column.saturating_sub(1))?;
    Some(char::from(*byte))
}

fn quote(character: char) -> String {
    match character {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        other => format!("'{other}'"),
    }
}
