//! The images in memory, found by name, digest or identifier.

use std::collections::BTreeMap;
use std::sync::Arc;

use palan_model::{Digest, ImageId, ImageRecord, Reference};

use crate::{Error, Result};

/// All images by identifier.
#[derive(Default)]
pub(super) struct Index(BTreeMap<ImageId, Arc<ImageRecord>>);

impl Index {
    pub(super) fn insert(&mut self, record: Arc<ImageRecord>) {
        self.0.insert(record.id.clone(), record);
    }

    pub(super) fn remove(&mut self, id: &ImageId) {
        self.0.remove(id);
    }

    pub(super) fn get(&self, id: &ImageId) -> Option<Arc<ImageRecord>> {
        self.0.get(id).cloned()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<ImageRecord>> {
        self.0.values()
    }

    /// The image that a person means: a whole identifier, then a name, then the beginning of an
    /// identifier.
    pub(super) fn find(&self, name: &str) -> Result<Arc<ImageRecord>> {
        if let Ok(digest) = name.parse::<Digest>() {
            let found = self.get(&ImageId(digest));
            return found.ok_or_else(|| Error::NoSuchImage(name.to_owned()));
        }
        let reference = name.parse::<Reference>().ok();
        if let Some(found) = reference
            .as_ref()
            .and_then(|reference| self.named(reference))
        {
            return Ok(found);
        }
        if let Some(found) = self.abbreviated(name)? {
            return Ok(found);
        }
        Err(Error::NoSuchImage(match reference {
            Some(reference) => reference.with_default_tag().familiar(),
            // A whole identifier without its algorithm.
            None if name.len() == 64 => format!("sha256:{name}"),
            None => name.to_owned(),
        }))
    }

    fn named(&self, reference: &Reference) -> Option<Arc<ImageRecord>> {
        if let Some(digest) = reference.digest() {
            let wanted = reference.with_digest(digest.clone());
            return self
                .0
                .values()
                .find(|record| record.digests.contains(&wanted))
                .cloned();
        }
        let wanted = reference.clone().with_default_tag();
        self.0
            .values()
            .find(|record| record.tags.contains(&wanted))
            .cloned()
    }

    fn abbreviated(&self, name: &str) -> Result<Option<Arc<ImageRecord>>> {
        let prefix = name.strip_prefix("sha256:").unwrap_or(name);
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let mut fitting = self
            .0
            .values()
            .filter(|record| record.id.0.hex().starts_with(prefix));
        match (fitting.next(), fitting.next()) {
            (Some(_), Some(_)) => Err(Error::AmbiguousImage(name.to_owned())),
            (found, _) => Ok(found.cloned()),
        }
    }

    /// Copies of the images, other than `keep`, that carry one of the tagged names, without them.
    pub(super) fn without_names(&self, names: &[Reference], keep: &ImageId) -> Vec<ImageRecord> {
        self.0
            .values()
            .filter(|record| record.id != *keep)
            .filter(|record| record.tags.iter().any(|tag| names.contains(tag)))
            .map(|record| {
                let mut record = (**record).clone();
                record.tags.retain(|tag| !names.contains(tag));
                record
            })
            .collect()
    }
}
