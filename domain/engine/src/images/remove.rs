//! Removing names and images, by Docker's rules.
//!
//! A name is taken away; the image goes with its last name, unless a container needs it. Removing by
//! identifier takes all names at once and must be forced when there is more than one tag, or more
//! than one repository.

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
                Some(reference) => {
                    self.untag(&record, (name, &reference), options.force)
                        .await?
                }
                None => self.delete_by_id(&record, options.force).await?,
            }
        };
        self.collect().await?;
        Ok(removals)
    }

    /// Takes a name away, given as asked and complete; with the last tag of a repository go its digests.
    async fn untag(
        &self,
        record: &ImageRecord,
        (asked, reference): (&str, &Reference),
        force: bool,
    ) -> Result<Vec<Removal>> {
        let user = self.user(record, |_| true);
        if !force
            && is_single(record)
            && let Some((container, _)) = &user
        {
            return Err(Error::Conflict(format!(
                "conflict: unable to remove repository reference \"{asked}\" (must force) - container \
                 {} is using its referenced image {}",
                container.short(),
                record.id.0.short()
            )));
        }
        let (rest, gone) = without(record, reference);
        let last = rest.tags.is_empty() && rest.digests.is_empty();
        let mut removals: Vec<_> = gone.iter().map(untagged).collect();
        if last && !user.is_some_and(|(_, running)| running) {
            removals.extend(self.delete(record, gone.len()).await?);
        } else {
            self.store(vec![rest], vec![]).await?;
            self.untag_events(record, gone.len());
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
        let mut names: Vec<_> = record.tags.iter().chain(&record.digests).collect();
        if !force {
            if !names.is_empty() && !is_single(record) {
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
        names.sort_by_key(|name| name.to_string());
        let mut removals: Vec<_> = names.iter().map(|name| untagged(name)).collect();
        removals.extend(self.delete(record, names.len()).await?);
        Ok(removals)
    }

    /// Deletes the record, whose last `names` names go with it, and names the layers that nothing
    /// else needs, topmost first.
    async fn delete(&self, record: &ImageRecord, names: usize) -> Result<Vec<Removal>> {
        let id = record.id.to_string();
        self.store(vec![], vec![record.id.clone()]).await?;
        self.untag_events(record, names);
        self.event_of(record, "delete", &id, &id);
        let kept: BTreeSet<ChainId> = self.keep().layers;
        let layers = record.layers.iter().rev().map(|layer| &layer.chain_id);
        let gone = layers.filter(|layer| !kept.contains(layer));
        Ok(std::iter::once(Removal::Deleted(id))
            .chain(gone.map(|layer| Removal::Deleted(layer.to_string())))
            .collect())
    }

    fn untag_events(&self, record: &ImageRecord, names: usize) {
        let id = record.id.to_string();
        for _ in 0..names {
            self.event_of(record, "untag", &id, &id);
        }
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

/// All names are of one repository, and at most one of them is a tag.
pub(super) fn is_single(record: &ImageRecord) -> bool {
    let mut names = record.tags.iter().chain(&record.digests);
    let repositories: BTreeSet<_> = names.by_ref().map(Reference::repository).collect();
    repositories.len() == 1 && record.tags.len() <= 1
}

/// The image without the name, and the names that go: a digest is a name of its repository, and goes
/// with the last tag there.
pub(super) fn without(record: &ImageRecord, name: &Reference) -> (ImageRecord, Vec<Reference>) {
    let mut rest = record.clone();
    rest.tags.retain(|tag| tag != name);
    rest.digests.retain(|digest| digest != name);
    let mut gone = vec![name.clone()];
    let repository = name.repository();
    let is_left = rest.tags.iter().any(|tag| tag.repository() == repository);
    if name.digest().is_none() && !is_left {
        let (with_it, kept) = rest
            .digests
            .into_iter()
            .partition(|digest: &Reference| digest.repository() == repository);
        rest.digests = kept;
        gone.extend::<Vec<_>>(with_it);
    }
    (rest, gone)
}

fn untagged(name: &Reference) -> Removal {
    Removal::Untagged(name.familiar())
}
