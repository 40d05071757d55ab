//! The files of an image archive, on disk, by name and by digest.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use palan_model::Digest;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::compression::Compression;
use crate::error::ImagesError;
use crate::pipeline::{self, Flow, Hashing};
use crate::store::{Scratch, Shared};
use crate::tar::{Entry, EntryKind, Reader};
use crate::unpack::clean;

/// Links followed from a name to its file.
const MAX_LINKS: usize = 16;
/// Longest name in an image archive, in bytes.
const MAX_NAME: usize = 4096;

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spooled {
    pub digest: Digest,
    pub size: u64,
    pub compression: Compression,
}

/// What a name stands for.
#[derive(Debug)]
enum Named {
    File(Spooled),
    /// The name it points at, from the archive's root.
    Link(Vec<u8>),
}

/// All files of an archive.
#[derive(Debug)]
pub(super) struct Spool {
    scratch: Scratch,
    names: HashMap<Vec<u8>, Named>,
    document_limit: u64,
}

/// Reads the whole archive.
pub(super) fn spool(shared: &Arc<Shared>, archive: impl Read + Send) -> Result<Spool, ImagesError> {
    let mut spool = Spool {
        scratch: Scratch::new(shared)?,
        names: HashMap::new(),
        document_limit: shared.limits.document,
    };
    let limits = &shared.limits;
    let flow = Flow {
        limits,
        hashing: Hashing::Nothing,
        progress: &|_| (),
    };
    pipeline::run(archive, &flow, |chunks| {
        let mut reader = Reader::new(chunks);
        while let Some(entry) = reader.next_entry()? {
            spool.add(&entry, &mut reader)?;
            if spool.names.len() as u64 > limits.archive_entries {
                let limit = limits.archive_entries;
                return Err(ImagesError::Limit {
                    what: "number of entries",
                    limit,
                });
            }
        }
        reader.into_input().drain();
        Ok(())
    })?;
    Ok(spool)
}

impl Spool {
    fn add<R: BufRead>(
        &mut self,
        entry: &Entry,
        reader: &mut Reader<R>,
    ) -> Result<(), ImagesError> {
        if entry.path.len() > MAX_NAME {
            return Err(ImagesError::hostile(&entry.path, "has too long a name"));
        }
        let name = clean(&entry.path)?;
        let named = match entry.kind {
            EntryKind::Directory => return Ok(()),
            EntryKind::File if entry.extents.is_none() => Named::File(self.receive(reader)?),
            EntryKind::HardLink => Named::Link(clean(&entry.link)?),
            EntryKind::Symlink => {
                let slash = name.iter().rposition(|b| *b == b'/').unwrap_or(0);
                Named::Link(clean(&[&name[..slash], b"/", &entry.link].concat())?)
            }
            _ => {
                return Err(ImagesError::hostile(
                    &entry.path,
                    "does not belong in an image archive",
                ));
            }
        };
        self.names.insert(name, named);
        Ok(())
    }

    fn receive<R: BufRead>(&self, reader: &mut Reader<R>) -> Result<Spooled, ImagesError> {
        let path = self.scratch.path().join("incoming");
        let failed = |error| ImagesError::io("write", &path)(error);
        let mut file = File::create(&path).map_err(failed)?;
        let mut hash = Sha256::new();
        let mut size = 0;
        let mut start: Vec<u8> = Vec::new();
        while reader.data_left() > 0 {
            let chunk = reader.chunk()?;
            let wanted = 4usize.saturating_sub(start.len()).min(chunk.len());
            start.extend_from_slice(&chunk[..wanted]);
            hash.update(chunk);
            file.write_all(chunk).map_err(failed)?;
            let length = chunk.len();
            reader.consume(length);
            size += length as u64;
        }
        let digest = Digest::from_sha256(&hash.finalize().into());
        fs::rename(&path, self.path(&digest)).map_err(failed)?;
        Ok(Spooled {
            digest,
            size,
            compression: Compression::of(&start),
        })
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.scratch.path().join(digest.hex())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(name.as_bytes())
    }

    /// The file of this name, through links.
    pub(super) fn file(&self, name: &str) -> Result<&Spooled, ImagesError> {
        let missing = || ImagesError::Missing(name.to_owned());
        let mut path = clean(name.as_bytes())?;
        for _ in 0..MAX_LINKS {
            match self.names.get(&path).ok_or_else(missing)? {
                Named::File(file) => return Ok(file),
                Named::Link(target) => path.clone_from(target),
            }
        }
        Err(missing())
    }

    /// The file of an OCI layout with this digest.
    pub(super) fn blob(&self, digest: &Digest) -> Result<&Spooled, ImagesError> {
        let file = self.file(&format!("blobs/sha256/{}", digest.hex()))?;
        if file.digest == *digest {
            return Ok(file);
        }
        let (expected, found) = (digest.clone(), file.digest.clone());
        Err(ImagesError::WrongDigest { expected, found })
    }

    /// All bytes of a small file.
    pub(super) fn document(&self, file: &Spooled) -> Result<Vec<u8>, ImagesError> {
        if file.size > self.document_limit {
            let (digest, size, limit) = (file.digest.clone(), file.size, self.document_limit);
            return Err(ImagesError::DocumentTooLarge {
                digest,
                size,
                limit,
            });
        }
        let path = self.path(&file.digest);
        fs::read(&path).map_err(ImagesError::io("read", &path))
    }

    /// A small JSON file.
    pub(super) fn json<T: DeserializeOwned>(&self, file: &Spooled) -> Result<T, ImagesError> {
        let name = file.digest.to_string();
        serde_json::from_slice(&self.document(file)?)
            .map_err(|source| ImagesError::Document { name, source })
    }

    pub(super) fn open(&self, file: &Spooled) -> Result<File, ImagesError> {
        let path = self.path(&file.digest);
        File::open(&path).map_err(ImagesError::io("open", &path))
    }

    /// Gives back the space of a file that nobody reads again.
    pub(super) fn remove(&self, file: &Spooled) -> Result<(), ImagesError> {
        let path = self.path(&file.digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ImagesError::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Makes a file a blob of the store.
    pub(super) fn publish(&self, shared: &Shared, file: &Spooled) -> Result<(), ImagesError> {
        let path = self.path(&file.digest);
        if !path.exists() {
            // Another image of the archive had it too.
            return Ok(());
        }
        crate::blobs::publish(shared, &path, &file.digest)
    }
}
