//! One request: type, flags, the family's fixed header, attributes.

use super::Attributes;

/// Bytes of `struct nlmsghdr`.
pub const HEADER: usize = 16;

/// A request to the kernel, without the sequence number that its sending gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Type, for example `RTM_NEWLINK`.
    pub kind: u16,
    /// `NLM_F_*`.
    pub flags: u16,
    body: Attributes,
}

impl Message {
    /// A request with the family's fixed header. `NLM_F_REQUEST` is implied.
    #[must_use]
    pub fn new(kind: u16, flags: u16, header: &[u8]) -> Self {
        let mut body = Attributes::default();
        body.raw(header);
        Self {
            kind,
            flags: flags | libc::NLM_F_REQUEST as u16,
            body,
        }
    }

    /// Adds attributes.
    #[must_use]
    pub fn with(mut self, fill: impl FnOnce(&mut Attributes)) -> Self {
        fill(&mut self.body);
        self
    }

    /// Appends the message as it travels.
    pub fn encode(&self, sequence: u32, extra_flags: u16, to: &mut Vec<u8>) {
        let body = self.body.as_bytes();
        let length = u32::try_from(HEADER + body.len()).expect("a request is far below 4 GiB");
        to.extend_from_slice(&length.to_ne_bytes());
        to.extend_from_slice(&self.kind.to_ne_bytes());
        to.extend_from_slice(&(self.flags | extra_flags).to_ne_bytes());
        to.extend_from_slice(&sequence.to_ne_bytes());
        to.extend_from_slice(&0u32.to_ne_bytes());
        to.extend_from_slice(body);
    }
}

/// One message of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Type.
    pub kind: u16,
    /// Flags.
    pub flags: u16,
    /// Sequence number of the request that it answers.
    pub sequence: u32,
    /// What follows the header.
    pub body: &'a [u8],
}

/// Splits what was received into messages. Ends at the first one that does not fit.
pub fn answers(mut bytes: &[u8]) -> impl Iterator<Item = Answer<'_>> {
    std::iter::from_fn(move || {
        let (head, _) = bytes.split_at_checked(HEADER)?;
        let word =
            |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let length = usize::try_from(word(0)).ok()?;
        let answer = Answer {
            kind: u16::from_ne_bytes([head[4], head[5]]),
            flags: u16::from_ne_bytes([head[6], head[7]]),
            sequence: word(8),
            body: bytes.get(HEADER..length)?,
        };
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        Some(answer)
    })
}
