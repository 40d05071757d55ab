//! The keys with which a client leaves a terminal without ending its process.

/// `ctrl-p,ctrl-q`.
pub(crate) const DEFAULT: [u8; 2] = [0x10, 0x11];

/// Reads a sequence such as `ctrl-p,ctrl-q` or `a,b`; none when a key is unknown.
pub(crate) fn parse(text: &str) -> Option<Vec<u8>> {
    text.split(',').map(parse_key).collect()
}

fn parse_key(key: &str) -> Option<u8> {
    if let [byte] = key.as_bytes() {
        return byte.is_ascii().then_some(*byte);
    }
    let key = key.to_ascii_lowercase();
    match key.strip_prefix("ctrl-")?.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(letter - b'a' + 1),
        [b'@'] => Some(0),
        [b'['] => Some(27),
        [b'\\'] => Some(28),
        [b']'] => Some(29),
        [b'^'] => Some(30),
        [b'_'] => Some(31),
        _ => None,
    }
}

/// Looks for the sequence in what a client types, across reads.
pub(crate) struct Matcher {
    keys: Vec<u8>,
    /// How many keys of the sequence the last bytes were. They are held back.
    matched: usize,
}

/// What became of some typed bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Typed {
    /// To be passed on.
    pub(crate) bytes: Vec<u8>,
    /// The sequence is complete: the client leaves.
    pub(crate) detach: bool,
}

impl Matcher {
    /// An empty sequence never matches.
    pub(crate) fn new(keys: Vec<u8>) -> Self {
        Self { keys, matched: 0 }
    }

    /// Takes bytes as they were read. Keys that began the sequence and did not go on are passed on.
    pub(crate) fn feed(&mut self, input: &[u8]) -> Typed {
        let mut bytes = Vec::with_capacity(input.len());
        for &byte in input {
            while self.matched > 0 && self.keys[self.matched] != byte {
                self.give_up_first(&mut bytes);
            }
            if self.keys.get(self.matched) != Some(&byte) {
                bytes.push(byte);
                continue;
            }
            self.matched += 1;
            if self.matched == self.keys.len() {
                return Typed {
                    bytes,
                    detach: true,
                };
            }
        }
        Typed {
            bytes,
            detach: false,
        }
    }

    /// Passes on as many held keys as needed for the rest to be a beginning of the sequence again.
    fn give_up_first(&mut self, bytes: &mut Vec<u8>) {
        let held = &self.keys[..self.matched];
        let skip = (1..=held.len())
            .find(|skip| self.keys.starts_with(&held[*skip..]))
            .expect("the empty rest begins every sequence");
        bytes.extend_from_slice(&held[..skip]);
        self.matched -= skip;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(keys: &str, inputs: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut matcher = Matcher::new(parse(keys).unwrap());
        let mut passed = Vec::new();
        for input in inputs {
            let typed = matcher.feed(input);
            passed.extend(typed.bytes);
            if typed.detach {
                return (passed, true);
            }
        }
        (passed, false)
    }

    #[test]
    fn keys_are_letters_or_control_characters() {
        assert_eq!(parse("ctrl-p,ctrl-q").unwrap(), DEFAULT);
        assert_eq!(parse("CTRL-A,b,ctrl-\\,ctrl-@").unwrap(), [1, b'b', 28, 0]);
        for text in ["", "ab", "ctrl-", "ctrl-1", "a,,b", "\u{e9}"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_sequence_ends_the_stream() {
        assert_eq!(
            feed("ctrl-p,ctrl-q", &[b"ls\x10\x11more"]),
            (b"ls".to_vec(), true)
        );
        assert_eq!(
            feed("ctrl-p,ctrl-q", &[b"a\x10", b"\x11"]),
            (b"a".to_vec(), true)
        );
    }

    #[test]
    fn beginnings_that_do_not_go_on_are_typed() {
        assert_eq!(
            feed("ctrl-p,ctrl-q", &[b"\x10x", b"y"]),
            (b"\x10xy".to_vec(), false)
        );
        assert_eq!(
            feed("ctrl-p,ctrl-q", &[b"\x10\x10\x11"]),
            (b"\x10".to_vec(), true)
        );
        assert_eq!(
            feed("a,a,b", &[b"a", b"a", b"a", b"b"]),
            (b"a".to_vec(), true)
        );
        assert_eq!(feed("a,b,a,c", &[b"ababac"]), (b"ab".to_vec(), true));
    }

    #[test]
    fn an_empty_sequence_never_matches() {
        let typed = Matcher::new(Vec::new()).feed(b"\x10\x11");
        assert_eq!(
            typed,
            Typed {
                bytes: b"\x10\x11".to_vec(),
                detach: false
            }
        );
    }
}
