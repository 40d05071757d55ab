//! From bytes of a log file back to entries.

use palan_model::Timestamp;
use palan_model::log::{LogEntry, StdStream};
use serde::Deserialize;

/// How every entry with a text begins. It cannot be part of one: there quotes are escaped.
const BEGIN: &[u8] = b"{\"log\":\"";

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    log: String,
    stream: StdStream,
    time: Timestamp,
}

/// Reads one line of a log file. None when it is damaged: a write that was cut short by a crash of
/// the host may be followed on the same line by an entry that is whole; then that one is returned.
pub(super) fn decode(line: &[u8]) -> Option<LogEntry> {
    parse(line).or_else(|| {
        let last = line.windows(BEGIN.len()).rposition(|w| w == BEGIN)?;
        (last > 0).then(|| parse(&line[last..])).flatten()
    })
}

fn parse(line: &[u8]) -> Option<LogEntry> {
    let line: Line = serde_json::from_slice(line).ok()?;
    Some(LogEntry {
        stream: line.stream,
        time: line.time,
        message: line.log.into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str =
        r#"{"log":"a \u003c b\n","stream":"stderr","time":"2026-01-02T03:04:05.6Z"}"#;

    #[test]
    fn an_entry_reads_back() {
        let entry = decode(WHOLE.as_bytes()).unwrap();
        assert_eq!(entry.message, b"a < b\n");
        assert_eq!(entry.stream, StdStream::Stderr);
        assert_eq!(entry.time, "2026-01-02T03:04:05.6Z".parse().unwrap());
    }

    #[test]
    fn entries_of_docker_with_attributes_are_read() {
        let line =
            r#"{"log":"x","stream":"stdout","attrs":{"a":"b"},"time":"2026-01-02T03:04:05Z"}"#;
        assert_eq!(decode(line.as_bytes()).unwrap().message, b"x");
    }

    #[test]
    fn a_torn_entry_does_not_hide_the_next() {
        for cut in 0..WHOLE.len() {
            let line = format!("{}{WHOLE}", &WHOLE[..cut]);
            assert_eq!(decode(line.as_bytes()).unwrap().message, b"a < b\n");
            assert!(decode(&WHOLE.as_bytes()[..cut]).is_none());
        }
    }
}
