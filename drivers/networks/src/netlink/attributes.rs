//! Attributes: type, length, value, padded to four bytes, nested at will.

/// Set in the type of an attribute that holds attributes (`NLA_F_NESTED`).
const NESTED: u16 = 1 << 15;
/// The bits of the type field that are the type (`NLA_TYPE_MASK`).
const KIND_MASK: u16 = 0x3fff;
/// Bytes of length and type before each value.
const HEADER: usize = 4;

/// Attributes being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    bytes: Vec<u8>,
}

impl Attributes {
    /// Appends a value as it is.
    ///
    /// # Panics
    /// When the value is longer than the format can say (65,531 bytes): callers split long lists.
    pub fn put(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        let start = self.begin(kind);
        self.bytes.extend_from_slice(value);
        self.end(start);
        self
    }

    /// A byte.
    pub fn put_u8(&mut self, kind: u16, value: u8) -> &mut Self {
        self.put(kind, &[value])
    }

    /// A number in the machine's byte order, as routing messages have them.
    pub fn put_u32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.put(kind, &value.to_ne_bytes())
    }

    /// A number in network byte order, as netfilter messages have them.
    pub fn put_be32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.put(kind, &value.to_be_bytes())
    }

    /// A text with its final zero byte.
    pub fn put_text(&mut self, kind: u16, value: &str) -> &mut Self {
        let start = self.begin(kind);
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.push(0);
        self.end(start);
        self
    }

    /// Attributes within an attribute.
    pub fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.begin(kind | NESTED);
        fill(self);
        self.end(start);
        self
    }

    /// Bytes that are no attribute: the fixed header of some family within an attribute.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self.pad();
        self
    }

    /// What was written.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn begin(&mut self, kind: u16) -> usize {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        start
    }

    fn end(&mut self, start: usize) {
        let length = u16::try_from(self.bytes.len() - start).expect("callers split long lists");
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// Attributes being read: pairs of type and value. Ends at the first one that does not fit.
#[derive(Clone, Debug)]
pub struct AttributeReader<'a> {
    rest: &'a [u8],
}

impl<'a> AttributeReader<'a> {
    /// Reads the attributes in these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The value of the first attribute of this type.
    #[must_use]
    pub fn value(&self, kind: u16) -> Option<&'a [u8]> {
        let mut all = self.clone();
        all.find(|(k, _)| *k == kind).map(|(_, value)| value)
    }

    /// The attributes within the first attribute of this type.
    #[must_use]
    pub fn nested(&self, kind: u16) -> Option<AttributeReader<'a>> {
        self.value(kind).map(Self::new)
    }

    /// A number in the machine's byte order.
    #[must_use]
    pub fn u32(&self, kind: u16) -> Option<u32> {
        Some(u32::from_ne_bytes(self.value(kind)?.try_into().ok()?))
    }

    /// A number in network byte order.
    #[must_use]
    pub fn be32(&self, kind: u16) -> Option<u32> {
        Some(u32::from_be_bytes(self.value(kind)?.try_into().ok()?))
    }

    /// A text, without its final zero byte.
    #[must_use]
    pub fn text(&self, kind: u16) -> Option<String> {
        Some(text(self.value(kind)?))
    }
}

impl<'a> Iterator for AttributeReader<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, _) = self.rest.split_at_checked(HEADER)?;
        let length = usize::from(u16::from_ne_bytes([head[0], head[1]]));
        let kind = u16::from_ne_bytes([head[2], head[3]]) & KIND_MASK;
        let value = self.rest.get(HEADER..length)?;
        self.rest = self.rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        Some((kind, value))
    }
}

/// The text before the first zero byte.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
