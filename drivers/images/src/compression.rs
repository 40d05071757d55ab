//! Finds out from the first bytes how a stream is compressed, and undoes it.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

/// The first bytes of a gzip member (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];
/// The first bytes of a zstd frame (RFC 8878).
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// A zstd skippable frame begins with 0x184D2A5?, little-endian.
const ZSTD_SKIPPABLE: &[u8] = &[0x2a, 0x4d, 0x18];
const LONGEST: usize = 4;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// From the first bytes of a stream, at best four.
    pub(crate) fn of(start: &[u8]) -> Self {
        let skippable =
            |s: &[u8]| s.len() >= 4 && s[0] & 0xf0 == 0x50 && &s[1..4] == ZSTD_SKIPPABLE;
        if start.starts_with(GZIP) {
            Self::Gzip
        } else if start.starts_with(ZSTD) || skippable(start) {
            Self::Zstd
        } else {
            Self::None
        }
    }
}

type Started<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// A stream of uncompressed bytes.
pub(crate) enum Decoder<R: Read> {
    None(Started<R>),
    Gzip(Box<MultiGzDecoder<Started<R>>>),
    Zstd(zstd::Decoder<'static, Started<R>>),
}

impl<R: Read> Decoder<R> {
    /// Reads the first bytes to decide.
    pub(crate) fn new(mut input: R) -> io::Result<Self> {
        let mut start = Vec::with_capacity(LONGEST);
        input
            .by_ref()
            .take(LONGEST as u64)
            .read_to_end(&mut start)?;
        let compression = Compression::of(&start);
        let input = BufReader::with_capacity(1 << 16, Cursor::new(start).chain(input));
        Ok(match compression {
            Compression::None => Self::None(input),
            Compression::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(input))),
            Compression::Zstd => Self::Zstd(zstd::Decoder::with_buffer(input)?),
        })
    }

    pub(crate) fn compression(&self) -> Compression {
        match self {
            Self::None(_) => Compression::None,
            Self::Gzip(_) => Compression::Gzip,
            Self::Zstd(_) => Compression::Zstd,
        }
    }

    /// Reads to the end of the input, past what follows the compressed stream.
    pub(crate) fn drain(self) -> io::Result<()> {
        let mut rest: Box<dyn BufRead + '_> = match self {
            Self::None(input) => Box::new(input),
            Self::Gzip(decoder) => Box::new((*decoder).into_inner()),
            Self::Zstd(decoder) => Box::new(decoder.finish()),
        };
        io::copy(&mut rest, &mut io::sink()).map(drop)
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::None(input) => input.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
        }
    }
}
