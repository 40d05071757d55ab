//! Removing names and images, by Docker's rules.
//!
//! A name is taken away; the image goes with its last name, unless a container needs it. Removing by
//! identifier takes all names at once and must be forced when they lie in several repositories.

use std::collections::BTreeSet;

use palan_model::{ChainId, ContainerId, ImageRecord, Reference};

use super::Images;
use crate::{Error, Result};

/// How to remove.
#[derive(Clone, Copy, Debug, Default)]
pub struct RemoveImage {
    /// Also when stopped containers use it.
    pub force: bool,
}

/// One thing that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// A name.
    Untagged(String),
    /// An image or a layer, by digest.
    Deleted(String),
}

impl Images {
    /// Removes a name, or an image with all its names.
    ///
    /// # Errors
    /// When there is no such image, or containers or other names need it.
    pub async fn remove(&self, name: &str, options: RemoveImage) -> Result<Vec<Removal>> {
        let removals = {
            let _writer = self.0.writer.lock().await;
            let record = self.find(name)?;
            match named(&record, name) {
                Some(reference) => self.untag(&record, &reference, options.force).await?,
                None => self.delete_by_id(&record, options.force).await?,
            }
        };
        self.collect().await?;
        Ok(removals)
    }

    async fn untag(
        &self,
        record: &ImageRecord,
        reference: &Reference,
        force: bool,
    ) -> Result<Vec<Removal>> {
        let mut rest = record.clone();
        rest.tags.retain(|tag| tag != reference);
        rest.digests.retain(|digest| digest != reference);
        let last = rest.tags.is_empty() && (reference.tag().is_some() || rest.digests.is_empty());
        let user = self.user(record, |_| true);
        if last
            && !force
            && let Some((container, _)) = &user
        {
            return Err(Error::Conflict(format!(
                "conflict: unable to remove repository reference \"{}\" (must force) - container \
                 {} is using its referenced image {}",
                as_asked(reference),
                container.short(),
                record.id.0.short()
            )));
        }
        let mut removals = vec![Removal::Untagged(reference.familiar())];
        if last && !user.is_some_and(|(_, running)| running) {
            let names: Vec<_> = rest
                .digests
                .iter()
                .map(|d| Removal::Untagged(d.familiar()))
                .collect();
            removals.extend(names);
            removals.extend(self.delete(record).await?);
        } else {
            // A digest is a name of its repository; without tags there it names nothing.
            let repository = reference.repository();
            if !rest.tags.iter().any(|tag| tag.repository() == repository) && !rest.tags.is_empty()
            {
                let (gone, kept) = rest
                    .digests
                    .into_iter()
                    .partition(|d: &Reference| d.repository() == repository);
                rest.digests = kept;
                let gone: Vec<Reference> = gone;
                removals.extend(gone.iter().map(|d| Removal::Untagged(d.familiar())));
            }
            let id = record.id.to_string();
            self.store(vec![rest], vec![]).await?;
            self.event("untag", &id, &id);
        }
        Ok(removals)
    }

    async fn delete_by_id(&self, record: &ImageRecord, force: bool) -> Result<Vec<Removal>> {
        let short = record.id.0.short();
        if let Some((container, _)) = self.user(record, |running| running) {
            return Err(Error::Conflict(format!(
                "conflict: unable to delete {short} (cannot be forced) - image is being used by \
                 running container {}",
                container.short()
            )));
        }
        if !force {
            let repositories: BTreeSet<_> = record.tags.iter().map(Reference::repository).collect();
            if repositories.len() > 1 {
                return Err(Error::Conflict(format!(
                    "conflict: unable to delete {short} (must be forced) - image is referenced in \
                     multiple repositories"
                )));
            }
            if let Some((container, _)) = self.user(record, |_| true) {
                return Err(Error::Conflict(format!(
                    "conflict: unable to delete {short} (must be forced) - image is being used by \
                     stopped container {}",
                    container.short()
                )));
            }
        }
        let mut removals: Vec<_> = record
            .tags
            .iter()
            .chain(&record.digests)
            .map(|name| Removal::Untagged(name.familiar()))
            .collect();
        removals.extend(self.delete(record).await?);
        Ok(removals)
    }

    /// Deletes the record and names the layers that nothing else needs, topmost first.
    async fn delete(&self, record: &ImageRecord) -> Result<Vec<Removal>> {
        let id = record.id.to_string();
        for _ in record.tags.iter().chain(&record.digests) {
            self.event("untag", &id, &id);
        }
        self.event("delete", &id, &id);
        self.store(vec![], vec![record.id.clone()]).await?;
        let kept: BTreeSet<ChainId> = self.keep().layers;
        let layers = record.layers.iter().rev().map(|layer| &layer.chain_id);
        let gone = layers.filter(|layer| !kept.contains(layer));
        Ok(std::iter::once(Removal::Deleted(id))
            .chain(gone.map(|layer| Removal::Deleted(layer.to_string())))
            .collect())
    }

    /// A container of the image, running ones first.
    fn user(
        &self,
        record: &ImageRecord,
        wanted: impl Fn(bool) -> bool,
    ) -> Option<(ContainerId, bool)> {
        let users = self.users();
        let mut fitting: Vec<_> = users
            .iter()
            .filter(|(_, held)| held.image == record.id && wanted(held.running))
            .map(|(id, held)| (id.clone(), held.running))
            .collect();
        fitting.sort_by_key(|(_, running)| !running);
        fitting.into_iter().next()
    }
}

/// The name of the image that was asked for, unless it was asked for by identifier.
fn named(record: &ImageRecord, name: &str) -> Option<Reference> {
    let reference = name.parse::<Reference>().ok()?;
    let wanted = match reference.digest() {
        Some(digest) => reference.with_digest(digest.clone()),
        None => reference.with_default_tag(),
    };
    record
        .tags
        .iter()
        .chain(&record.digests)
        .find(|known| **known == wanted)
        .cloned()
}

/// Docker leaves the default tag out of this message.
fn as_asked(reference: &Reference) -> String {
    match reference.tag() {
        Some("latest") => reference.familiar_name(),
        _ => reference.familiar(),
    }
}
