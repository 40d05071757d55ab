//! Where one HTTP/1.1 request ends and the next begins on a connection (RFC 9112, section 6).
//!
//! Only heads matter here; bodies are measured to find the next head. What is malformed makes the
//! rest of the connection opaque: hyper sees it unchanged and answers.
//!
//! ```text
//! Head --empty line--> Head            no body
//!                  --> Sized(n) -----> Head
//!                  --> Chunked ------> Head
//!                  --> Opaque          not HTTP/1.1, or not understood
//! ```

/// Longest head that is looked at, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// What the next byte of a connection belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A request's head.
    Head,
    /// A body with this many bytes left.
    Sized(u64),
    /// A chunked body.
    Chunked(Chunk),
    /// Anything, up to the end of the connection.
    Opaque,
}

/// What the next byte of a chunked body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// The line with a chunk's size: its value so far.
    Size(u64),
    /// The rest of that line, after the digits.
    Extension(u64),
    /// Data, with this many bytes left.
    Data(u64),
    /// The line feed after data.
    DataEnd,
    /// A line of the trailer; whether it has a character so far.
    Trailer { empty: bool },
}

impl Framing {
    /// Consumes bytes of a body and returns how many; the rest begins a head.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> usize {
        let mut passed = 0;
        while passed < bytes.len() {
            let rest = &bytes[passed..];
            passed += match *self {
                Self::Head => break,
                Self::Opaque => rest.len(),
                Self::Sized(left) => {
                    let taken = take(left, rest);
                    *self = match left - taken as u64 {
                        0 => Self::Head,
                        left => Self::Sized(left),
                    };
                    taken
                }
                Self::Chunked(Chunk::Data(left)) => {
                    let taken = take(left, rest);
                    *self = Self::Chunked(match left - taken as u64 {
                        0 => Chunk::DataEnd,
                        left => Chunk::Data(left),
                    });
                    taken
                }
                Self::Chunked(chunk) => {
                    *self = chunk.after(rest[0]);
                    1
                }
            };
        }
        passed
    }
}

fn take(left: u64, bytes: &[u8]) -> usize {
    usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))
}

impl Chunk {
    /// The state after one byte that is not data.
    fn after(self, byte: u8) -> Framing {
        Framing::Chunked(match (self, byte) {
            (Self::Size(size) | Self::Extension(size), b'\n') => match size {
                0 => Self::Trailer { empty: true },
                size => Self::Data(size),
            },
            (Self::Size(size), _) => match char::from(byte).to_digit(16) {
                Some(digit) => match size.checked_mul(16).map(|size| size + u64::from(digit)) {
                    Some(size) => Self::Size(size),
                    None => return Framing::Opaque,
                },
                None => Self::Extension(size),
            },
            (Self::Extension(size), _) => Self::Extension(size),
            (Self::Trailer { empty: true }, b'\n') => return Framing::Head,
            (Self::DataEnd, b'\n') => Self::Size(0),
            (Self::DataEnd, _) => Self::DataEnd,
            (Self::Trailer { .. }, b'\n') => Self::Trailer { empty: true },
            (Self::Trailer { empty }, b'\r') => Self::Trailer { empty },
            (Self::Trailer { .. }, _) => Self::Trailer { empty: false },
            (Self::Data(left), _) => Self::Data(left),
        })
    }
}

/// Length of the head at the beginning of the bytes, its empty line included; none while it is not
/// complete.
pub(super) fn head_length(bytes: &[u8]) -> HeadLength {
    let mut from = bytes
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    while let Some(found) = bytes[from..].iter().position(|byte| *byte == b'\n') {
        from += found + 1;
        match &bytes[from..] {
            [b'\n', ..] => return HeadLength::Complete(from + 1),
            [b'\r', b'\n', ..] => return HeadLength::Complete(from + 2),
            _ => {}
        }
    }
    if bytes.len() > MAX_HEAD {
        HeadLength::TooLong
    } else {
        HeadLength::Incomplete
    }
}

/// See [`head_length`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum HeadLength {
    Complete(usize),
    Incomplete,
    TooLong,
}

/// What matters of a request's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) upgrade: bool,
    /// How the body is delimited.
    pub(super) body: Framing,
}

impl Head {
    /// Reads a complete head; none when it is not one of HTTP/1.1.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.trim_start_matches(['\r', '\n']).lines();
        let mut request = lines.next()?.split(' ');
        let (method, target, version) = (request.next()?, request.next()?, request.next()?);
        if version != "HTTP/1.1" || request.next().is_some() {
            return None;
        }
        let mut head = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            upgrade: false,
            body: Framing::Head,
        };
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':')?;
            head.read_header(name, value.trim())?;
        }
        Some(head)
    }

    fn read_header(&mut self, name: &str, value: &str) -> Option<()> {
        if name.eq_ignore_ascii_case("upgrade") {
            self.upgrade = true;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            let chunked = value.to_ascii_lowercase().ends_with("chunked");
            self.body = if chunked {
                Framing::Chunked(Chunk::Size(0))
            } else {
                Framing::Opaque
            };
        } else if name.eq_ignore_ascii_case("content-length") && self.body == Framing::Head {
            self.body = match value.parse().ok()? {
                0 => Framing::Head,
                length => Framing::Sized(length),
            };
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
