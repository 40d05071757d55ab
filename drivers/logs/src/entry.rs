//! One entry of the file, byte for byte as Docker's `jsonlog` package writes it:
//! `{"log":"..","stream":"stdout","time":".."}` and a line feed.
//!
//! Strings are escaped as Go's `encoding/json` does with HTML escaping on, with one difference that
//! Docker has too: a tab is `\u0009`. Each byte that is not part of valid UTF-8 becomes `\ufffd`.

use palan_model::log::StdStream;

/// What a line of output becomes in the file, apart from its text.
#[derive(Clone, Copy)]
pub(crate) struct Stamp<'a> {
    /// Where it was written.
    pub stream: StdStream,
    /// When, as RFC 3339.
    pub time: &'a [u8],
}

/// Appends the entry for `text` followed by `end` (a line feed, or nothing).
pub(crate) fn encode(out: &mut Vec<u8>, text: &[u8], end: &[u8], stamp: Stamp<'_>) {
    out.push(b'{');
    if !(text.is_empty() && end.is_empty()) {
        out.extend_from_slice(b"\"log\":\"");
        escape(out, text);
        escape(out, end);
        out.extend_from_slice(b"\",");
    }
    out.extend_from_slice(match stamp.stream {
        StdStream::Stdout => b"\"stream\":\"stdout\",\"time\":\"",
        StdStream::Stderr => b"\"stream\":\"stderr\",\"time\":\"",
    });
    out.extend_from_slice(stamp.time);
    out.extend_from_slice(b"\"}\n");
}

fn escape(out: &mut Vec<u8>, mut text: &[u8]) {
    while !text.is_empty() {
        let plain = text
            .iter()
            .position(|b| !is_plain(*b))
            .unwrap_or(text.len());
        out.extend_from_slice(&text[..plain]);
        text = &text[plain..];
        match text.first() {
            None => return,
            Some(byte) if byte.is_ascii() => {
                escape_ascii(out, *byte);
                text = &text[1..];
            }
            Some(_) => {
                let end = text.iter().position(u8::is_ascii).unwrap_or(text.len());
                escape_wide(out, &text[..end]);
                text = &text[end..];
            }
        }
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7f) && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&')
}

fn escape_ascii(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        }
    }
}

/// Escapes bytes of which none is ASCII.
fn escape_wide(out: &mut Vec<u8>, mut bytes: &[u8]) {
    loop {
        let valid = match std::str::from_utf8(bytes) {
            Ok(all) => all,
            Err(error) => {
                let (valid, _) = bytes.split_at(error.valid_up_to());
                std::str::from_utf8(valid).unwrap_or_default()
            }
        };
        escape_separators(out, valid);
        if valid.len() == bytes.len() {
            return;
        }
        out.extend_from_slice(b"\\ufffd");
        bytes = &bytes[valid.len() + 1..];
    }
}

/// JavaScript takes U+2028 and U+2029 for line ends, therefore Go escapes them.
fn escape_separators(out: &mut Vec<u8>, mut text: &str) {
    while let Some(at) = text.find(['\u{2028}', '\u{2029}']) {
        out.extend_from_slice(&text.as_bytes()[..at]);
        let first = text[at..].starts_with('\u{2028}');
        out.extend_from_slice(if first { b"\\u2028" } else { b"\\u2029" });
        text = &text[at + '\u{2028}'.len_utf8()..];
    }
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &[u8], end: &[u8]) -> String {
        let mut out = Vec::new();
        let stamp = Stamp {
            stream: StdStream::Stderr,
            time: b"2026-01-02T03:04:05Z",
        };
        encode(&mut out, text, end, stamp);
        String::from_utf8(out).unwrap()
    }

    fn log(text: &[u8]) -> String {
        let line = encoded(text, b"");
        let rest = line.strip_prefix("{\"log\":\"").unwrap();
        rest.strip_suffix("\",\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:05Z\"}\n")
            .unwrap()
            .to_owned()
    }

    #[test]
    fn an_entry_is_laid_out_as_docker_does() {
        assert_eq!(
            encoded(b"hello", b"\n"),
            "{\"log\":\"hello\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:05Z\"}\n"
        );
        assert_eq!(
            encoded(b"", b""),
            "{\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:05Z\"}\n"
        );
    }

    #[test]
    fn characters_are_escaped_as_go_does() {
        assert_eq!(
            log(b"a<b>&\"\\\t\r\x00\x1b[0m\x7f"),
            "a\\u003cb\\u003e\\u0026\\\"\\\\\\u0009\\r\\u0000\\u001b[0m\x7f"
        );
        assert_eq!(log("gr\u{fc}n \u{1f600}".as_bytes()), "gr\u{fc}n \u{1f600}");
        assert_eq!(
            log("a\u{2028}b\u{2029}\u{202a}".as_bytes()),
            "a\\u2028b\\u2029\u{202a}"
        );
    }

    #[test]
    fn each_invalid_byte_is_replaced() {
        assert_eq!(log(b"\xff"), "\\ufffd");
        // The first two bytes of a three-byte character: Go replaces byte by byte.
        assert_eq!(log(b"\xe2\x82x"), "\\ufffd\\ufffdx");
        assert_eq!(log(b"\xc3\xbc\xc3"), "\u{fc}\\ufffd");
        // A surrogate half is not valid UTF-8.
        assert_eq!(log(b"\xed\xa0\x80"), "\\ufffd\\ufffd\\ufffd");
        // A real U+FFFD stays as it is.
        assert_eq!(log("\u{fffd}".as_bytes()), "\u{fffd}");
    }

    /// What Go's `utf8.DecodeRune` loop makes of the bytes.
    fn replaced(bytes: &[u8]) -> String {
        let mut text = String::new();
        let mut at = 0;
        while at < bytes.len() {
            let found = (1..=4.min(bytes.len() - at))
                .find_map(|n| std::str::from_utf8(&bytes[at..at + n]).ok());
            text.push_str(found.unwrap_or("\u{fffd}"));
            at += found.map_or(1, str::len);
        }
        text
    }

    proptest! {
        #[test]
        fn every_entry_is_one_line_of_json(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            let line = encoded(&bytes, b"");
            prop_assert_eq!(line.matches('\n').count(), 1);
            let json: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(json["log"].as_str().unwrap(), replaced(&bytes));
        }
    }
}
