//! PAX extended headers (POSIX.1-2017, `pax`, "pax Extended Header"), with the vendors' keys that
//! matter: `SCHILY.xattr.*` and `GNU.sparse.*`.

use std::collections::BTreeMap;

use super::number::{decimal, time};
use super::{MAX_EXTENTS, ModificationTime};

const XATTR: &[u8] = b"SCHILY.xattr.";

/// What extended headers say about an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u64>,
    pub gid: Option<u64>,
    pub modified: Option<ModificationTime>,
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    pub sparse: SparseRecords,
}

/// `GNU.sparse.*` (GNU tar manual, "PAX Format 0.0", "0.1" and "1.0").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SparseRecords {
    pub major: Option<u64>,
    pub minor: Option<u64>,
    pub name: Option<Vec<u8>>,
    pub real_size: Option<u64>,
    /// Offsets and lengths by turns, of formats 0.0 and 0.1.
    pub map: Vec<u64>,
}

impl Records {
    /// Reads the records of one extended header over what is known already. None when malformed.
    pub(super) fn merge(&mut self, mut bytes: &[u8]) -> Option<()> {
        while !bytes.is_empty() {
            let (key, value, rest) = record(bytes)?;
            self.set(key, value)?;
            bytes = rest;
        }
        Some(())
    }

    /// Bytes held for names and attributes, to bound what global headers pile up.
    pub(super) fn weight(&self) -> u64 {
        let xattrs = self
            .xattrs
            .iter()
            .map(|(name, value)| name.len() + value.len());
        let names = [&self.path, &self.link, &self.sparse.name];
        let names = names.into_iter().flatten().map(Vec::len);
        (xattrs.sum::<usize>() + names.sum::<usize>() + self.sparse.map.len() * 8) as u64
    }

    /// An empty value takes the record back, except for attributes, which may be empty.
    fn set(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"path" => self.path = name(value)?,
            b"linkpath" => self.link = name(value)?,
            b"size" => self.size = optional(value, decimal)?,
            b"uid" => self.uid = optional(value, decimal)?,
            b"gid" => self.gid = optional(value, decimal)?,
            b"mtime" => self.modified = optional(value, time)?,
            _ => {
                if let Some(attribute) = key.strip_prefix(XATTR) {
                    if attribute.is_empty() || attribute.contains(&0) {
                        return None;
                    }
                    self.xattrs.insert(attribute.to_vec(), value.to_vec());
                } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.set(key, value)?;
                }
            }
        }
        Some(())
    }
}

impl SparseRecords {
    fn set(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"major" => self.major = optional(value, decimal)?,
            b"minor" => self.minor = optional(value, decimal)?,
            b"name" => self.name = name(value)?,
            b"size" | b"realsize" => self.real_size = optional(value, decimal)?,
            b"map" => {
                self.map = match value {
                    [] => Vec::new(),
                    _ => value
                        .split(|b| *b == b',')
                        .map(decimal)
                        .collect::<Option<_>>()?,
                }
            }
            // Format 0.0 repeats these two by turns.
            b"offset" | b"numbytes" => {
                let expects_offset = self.map.len().is_multiple_of(2);
                if expects_offset != (key == b"offset") || self.map.len() >= 2 * MAX_EXTENTS {
                    return None;
                }
                self.map.push(decimal(value)?);
            }
            _ => {}
        }
        Some(())
    }
}

/// Splits `"%d %s=%s\n"` off the front; the length counts the whole record.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|b| *b == b' ')?;
    let length = usize::try_from(decimal(&bytes[..space])?).ok()?;
    if length > bytes.len() || length < space + 2 {
        return None;
    }
    let (record, rest) = bytes.split_at(length);
    let body = record[space + 1..].strip_suffix(b"\n")?;
    let equals = body.iter().position(|b| *b == b'=')?;
    let (key, value) = (&body[..equals], &body[equals + 1..]);
    (!key.is_empty()).then_some((key, value, rest))
}

#[allow(clippy::option_option)]
fn optional<T>(value: &[u8], parse: impl Fn(&[u8]) -> Option<T>) -> Option<Option<T>> {
    if value.is_empty() {
        Some(None)
    } else {
        parse(value).map(Some)
    }
}

#[allow(clippy::option_option)]
fn name(value: &[u8]) -> Option<Option<Vec<u8>>> {
    optional(value, |value| (!value.contains(&0)).then(|| value.to_vec()))
}
