//! Splitting a stream of bytes into lines as Docker's log copier does: a line longer than 16 KiB
//! comes in pieces, all with the time of the first one.

use palan_model::Timestamp;

/// Docker's copier reads into a buffer of this size; a piece is a full buffer.
pub(crate) const MAX_PIECE: usize = 16 * 1024;

/// What [`Lines::split`] found.
pub(crate) struct Line<'a> {
    /// The bytes without the line feed.
    pub text: &'a [u8],
    /// It ended with a line feed; else it is a piece of a longer line.
    pub complete: bool,
    /// When its first piece was read.
    pub time: Timestamp,
}

/// The unfinished line of one stream.
#[derive(Default)]
pub(crate) struct Lines {
    held: Vec<u8>,
    /// The time of the pieces that were given out of the present line.
    piece_time: Option<Timestamp>,
}

impl Lines {
    /// Takes more bytes, read at `now`, and gives out each line or piece that is full.
    pub(crate) fn split(
        &mut self,
        mut bytes: &[u8],
        now: Timestamp,
        mut emit: impl FnMut(Line<'_>),
    ) {
        while !bytes.is_empty() {
            let room = bytes.len().min(MAX_PIECE - self.held.len());
            if let Some(end) = bytes[..room].iter().position(|b| *b == b'\n') {
                let time = self.piece_time.take().unwrap_or(now);
                self.give(&bytes[..end], true, time, &mut emit);
                bytes = &bytes[end + 1..];
            } else if self.held.len() + room == MAX_PIECE {
                let time = *self.piece_time.get_or_insert(now);
                self.give(&bytes[..room], false, time, &mut emit);
                bytes = &bytes[room..];
            } else {
                self.held.extend_from_slice(bytes);
                return;
            }
        }
    }

    /// Gives out what is left at the end of the stream.
    pub(crate) fn finish(&mut self, now: Timestamp, mut emit: impl FnMut(Line<'_>)) {
        if !self.held.is_empty() {
            let time = self.piece_time.take().unwrap_or(now);
            self.give(&[], false, time, &mut emit);
        }
    }

    fn give(
        &mut self,
        text: &[u8],
        complete: bool,
        time: Timestamp,
        emit: &mut impl FnMut(Line<'_>),
    ) {
        if self.held.is_empty() {
            emit(Line {
                text,
                complete,
                time,
            });
            return;
        }
        // The memory of a held line is given back: most containers are silent most of the time.
        let mut line = std::mem::take(&mut self.held);
        line.extend_from_slice(text);
        emit(Line {
            text: &line,
            complete,
            time,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn split_all(chunks: &[&[u8]]) -> Vec<(Vec<u8>, bool, i64)> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        let mut keep = |l: Line<'_>| found.push((l.text.to_vec(), l.complete, l.time.as_second()));
        for (second, chunk) in (0..).zip(chunks) {
            lines.split(chunk, at(second), &mut keep);
        }
        lines.finish(at(99), &mut keep);
        found
    }

    #[test]
    fn lines_are_put_together_across_reads() {
        assert_eq!(
            split_all(&[b"one\ntw", b"o\n\nthree"]),
            [
                (b"one".to_vec(), true, 0),
                (b"two".to_vec(), true, 1),
                (b"".to_vec(), true, 1),
                (b"three".to_vec(), false, 99),
            ]
        );
        assert!(split_all(&[]).is_empty());
    }

    #[test]
    fn long_lines_come_in_pieces_with_the_time_of_the_first() {
        let long = [b'x'; MAX_PIECE + 10];
        assert_eq!(
            split_all(&[&long[..9], &long[9..], b"y\nz\n"]),
            [
                (long[..MAX_PIECE].to_vec(), false, 1),
                (b"xxxxxxxxxxy".to_vec(), true, 1),
                (b"z".to_vec(), true, 2),
            ]
        );
        // A line that fills the buffer exactly is followed by an empty last piece.
        assert_eq!(
            split_all(&[&long[..MAX_PIECE], b"\n"]),
            [
                (long[..MAX_PIECE].to_vec(), false, 0),
                (Vec::new(), true, 0)
            ]
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_however_it_is_read(
            text in proptest::collection::vec(prop_oneof![9 => Just(b'a'), 1 => Just(b'\n')], 0..400),
            stretch in 1usize..400,
            cuts in proptest::collection::vec(1usize..5000, 1..8),
        ) {
            let text: Vec<u8> = text.iter().flat_map(|b| if *b == b'\n' { vec![*b] } else { vec![*b; stretch] }).collect();
            let whole = split_all(&[&text]);
            let mut chunks = Vec::new();
            let mut rest = &text[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (chunk, tail) = rest.split_at((*cut).min(rest.len()));
                chunks.push(chunk);
                rest = tail;
            }
            let pieces = split_all(&chunks);
            let plain = |all: &[(Vec<u8>, bool, i64)]| all.iter().map(|(t, c, _)| (t.clone(), *c)).collect::<Vec<_>>();
            prop_assert_eq!(plain(&whole), plain(&pieces));
            let joined: Vec<u8> = whole.iter().flat_map(|(t, c, _)| {
                let mut t = t.clone();
                if *c { t.push(b'\n'); }
                t
            }).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
