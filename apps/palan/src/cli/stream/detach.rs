//! The keys that leave a container running: `ctrl-p,ctrl-q` unless the user chose others.

/// What a terminal sends for ctrl-p, ctrl-q.
const DEFAULT: [u8; 2] = [16, 17];

/// A sequence of keys, watched for in the user's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachKeys {
    keys: Vec<u8>,
    /// How many of them were just pressed.
    matched: usize,
}

/// A text that names no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid detach keys: unknown character '{0}'")]
pub struct InvalidKeys(String);

impl DetachKeys {
    /// Reads `ctrl-a,b,ctrl-]`; empty for the default.
    ///
    /// # Errors
    /// When a part is neither one character nor `ctrl-` and one of `a-z@[\]^_`.
    pub fn parse(text: &str) -> Result<Self, InvalidKeys> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let keys = text
            .split(',')
            .map(|part| key(part).ok_or_else(|| InvalidKeys(part.to_owned())))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys, matched: 0 })
    }

    /// Passes input on. Keys that may begin the sequence are held back until it is clear that
    /// they do not.
    ///
    /// Returns what to send, and whether the sequence is complete.
    pub fn filter(&mut self, input: &[u8]) -> (Vec<u8>, bool) {
        let mut passed = Vec::with_capacity(input.len());
        for &byte in input {
            if byte == self.keys[self.matched] {
                self.matched += 1;
                if self.matched == self.keys.len() {
                    return (passed, true);
                }
                continue;
            }
            passed.extend_from_slice(&self.keys[..self.matched]);
            self.matched = 0;
            if byte == self.keys[0] {
                self.matched = 1;
            } else {
                passed.push(byte);
            }
        }
        (passed, false)
    }
}

impl Default for DetachKeys {
    fn default() -> Self {
        Self {
            keys: DEFAULT.to_vec(),
            matched: 0,
        }
    }
}

fn key(part: &str) -> Option<u8> {
    let only = |text: &str| match text.as_bytes() {
        [byte] if byte.is_ascii() => Some(*byte),
        _ => None,
    };
    if let Some(letter) = part
        .strip_prefix("ctrl-")
        .or_else(|| part.strip_prefix("CTRL-"))
    {
        return match only(letter)?.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => Some(letter - b'a' + 1),
            b'@' => Some(0),
            sign @ b'['..=b'_' => Some(sign - b'[' + 27),
            _ => None,
        };
    }
    if part == "DEL" {
        return Some(127);
    }
    only(part)
}
