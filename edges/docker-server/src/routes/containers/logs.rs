//! `GET /containers/{id}/logs`.

use std::io;

use bytes::Bytes;
use futures_util::{FutureExt, Stream, stream};
use palan_contracts::LogReader;
use palan_docker_api::ApiVersion;
use palan_docker_api::stdio::{MULTIPLEXED, RAW, StreamId, frame_header};
use palan_model::Timestamp;
use palan_model::log::{LogEntry, LogQuery};

use crate::failure::Failure;
use crate::hijack::stream_id;
use crate::request::Call;
use crate::response::{self, Answer};
use crate::specs::timestamp;

/// Bytes gathered into one chunk while entries are at hand.
const CHUNK: usize = 32 << 10;

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let query = &call.query;
    let wanted = LogQuery {
        stdout: query.flag("stdout"),
        stderr: query.flag("stderr"),
        since: timestamp(query.text("since"))?,
        until: timestamp(query.text("until"))?.filter(|until| until.as_nanosecond() != 0),
        // Anything but a number stands for all.
        tail: query.get("tail").and_then(|tail| tail.parse().ok()),
        follow: query.flag("follow"),
    };
    let logs = call.engine.containers.logs(&call.name, wanted).await?;
    let format = Format {
        tty: logs.tty,
        timestamps: query.flag("timestamps"),
        details: query.flag("details"),
    };
    let multiplexed = !logs.tty && call.version >= ApiVersion::v1(42);
    let content_type = if multiplexed { MULTIPLEXED } else { RAW };
    Ok(response::stream(content_type, chunks(logs.reader, format)).into())
}

#[derive(Clone, Copy)]
struct Format {
    tty: bool,
    timestamps: bool,
    details: bool,
}

impl Format {
    fn write(self, out: &mut Vec<u8>, stream: StreamId, prefix: &str, message: &[u8]) {
        if !self.tty {
            let length = u32::try_from(prefix.len() + message.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&frame_header(stream, length));
        }
        out.extend_from_slice(prefix.as_bytes());
        out.extend_from_slice(message);
    }

    fn write_entry(self, out: &mut Vec<u8>, entry: &LogEntry) {
        let mut prefix = if self.timestamps {
            fixed_nano(entry.time)
        } else {
            String::new()
        };
        if self.details {
            // The attributes that log drivers can be told to add come here; there are none.
            prefix.push(' ');
        }
        self.write(out, stream_id(entry.stream), &prefix, &entry.message);
    }
}

/// The time with all nine digits of its fraction, and a blank.
fn fixed_nano(time: Timestamp) -> String {
    format!("{time:.9} ")
}

/// Entries as they come; those that are at hand travel together.
fn chunks(
    reader: Box<dyn LogReader>,
    format: Format,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold(Some(reader), move |reader| async move {
        let mut reader = reader?;
        let mut out = Vec::new();
        let mut next = reader.next().await;
        loop {
            match next {
                Ok(Some(entry)) => format.write_entry(&mut out, &entry),
                Ok(None) if out.is_empty() => return None,
                Ok(None) => return Some((Ok(Bytes::from(out)), None)),
                Err(error) => {
                    let text = format!("Error grabbing logs: {}\n", error.chain());
                    format.write(&mut out, StreamId::Stderr, "", text.as_bytes());
                    return Some((Ok(Bytes::from(out)), None));
                }
            }
            if out.len() >= CHUNK {
                break;
            }
            match reader.next().now_or_never() {
                Some(at_hand) => next = at_hand,
                None => break,
            }
        }
        Some((Ok(Bytes::from(out)), Some(reader)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_nine_digits() {
        let time = "2026-11-25T07:12:14.5Z".parse().unwrap();
        assert_eq!(fixed_nano(time), "2026-11-25T07:12:14.500000000Z ");
    }
}
