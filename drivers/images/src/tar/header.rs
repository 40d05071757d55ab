//! The 512-byte header block (POSIX.1-2017, `pax`, "ustar Interchange Format"; GNU tar manual,
//! "Basic Tar Format").

use super::number::numeric;
use super::{BLOCK, TarError};

/// A header block whose checksum is right.
pub(super) struct Header {
    block: [u8; BLOCK],
    position: u64,
}

impl Header {
    /// None for a block of zeros, which ends the archive.
    pub(super) fn parse(block: [u8; BLOCK], position: u64) -> Result<Option<Self>, TarError> {
        if block.iter().all(|b| *b == 0) {
            return Ok(None);
        }
        let header = Self { block, position };
        if header.checksum_matches() {
            Ok(Some(header))
        } else {
            Err(TarError::Header(position))
        }
    }

    /// The sum of all bytes, the checksum itself taken for spaces. Old writers summed signed bytes.
    fn checksum_matches(&self) -> bool {
        let blank = |i: usize, b: u8| if (148..156).contains(&i) { b' ' } else { b };
        let bytes = || self.block.iter().enumerate().map(|(i, b)| blank(i, *b));
        let unsigned: i64 = bytes().map(i64::from).sum();
        let signed: i64 = bytes().map(|b| i64::from(b as i8)).sum();
        numeric(&self.block[148..156]).is_some_and(|sum| sum == unsigned || sum == signed)
    }

    /// Byte of the archive at which the header begins.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The type flag.
    pub(super) fn kind(&self) -> u8 {
        self.block[156]
    }

    /// The name, with the prefix of the formats that have one.
    pub(super) fn name(&self) -> Vec<u8> {
        let prefix = if &self.block[257..263] == b"ustar\0" {
            let star = &self.block[508..512] == b"tar\0";
            text(&self.block[345..if star { 476 } else { 500 }])
        } else {
            &[]
        };
        let name = text(&self.block[..100]);
        if prefix.is_empty() {
            return name.to_vec();
        }
        [prefix, name].join(&b'/')
    }

    /// The link's target.
    pub(super) fn link(&self) -> Vec<u8> {
        text(&self.block[157..257]).to_vec()
    }

    /// Bytes of data that follow.
    pub(super) fn size(&self) -> Result<u64, TarError> {
        let size = self.number("size", 124, 136)?;
        u64::try_from(size).map_err(|_| self.invalid("size"))
    }

    pub(super) fn mode(&self) -> Result<u32, TarError> {
        Ok((self.number("mode", 100, 108)? & 0o7777) as u32)
    }

    pub(super) fn uid(&self) -> Result<i64, TarError> {
        self.number("uid", 108, 116)
    }

    pub(super) fn gid(&self) -> Result<i64, TarError> {
        self.number("gid", 116, 124)
    }

    pub(super) fn mtime(&self) -> Result<i64, TarError> {
        self.number("mtime", 136, 148)
    }

    /// Major and minor number of a device.
    pub(super) fn device(&self) -> Result<(u32, u32), TarError> {
        let convert = |number: i64| u32::try_from(number).map_err(|_| self.invalid("device"));
        let major = convert(self.number("device", 329, 337)?)?;
        let minor = convert(self.number("device", 337, 345)?)?;
        Ok((major, minor))
    }

    /// The block's bytes, for the old GNU sparse map in it.
    pub(super) fn block(&self) -> &[u8; BLOCK] {
        &self.block
    }

    pub(super) fn invalid(&self, field: &'static str) -> TarError {
        TarError::Field {
            field,
            position: self.position,
        }
    }

    fn number(&self, field: &'static str, from: usize, to: usize) -> Result<i64, TarError> {
        numeric(&self.block[from..to]).ok_or_else(|| self.invalid(field))
    }
}

/// Up to the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    &field[..end]
}
