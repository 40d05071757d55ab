//! Removing images that nothing uses.

use palan_model::{ImageRecord, Reference};

use super::{Images, Removal, RemoveImage};
use crate::filter::{self, Filters};
use crate::{Error, Result};

/// What was removed.
#[derive(Clone, Debug, Default)]
pub struct PrunedImages {
    /// Names, images and layers.
    pub removals: Vec<Removal>,
    /// Bytes of the removed layers.
    pub bytes: u64,
}

impl Images {
    /// Removes images that no container uses: those without a name, or all with `dangling=false`.
    ///
    /// # Errors
    /// Unknown filters, or the store's.
    pub async fn prune(&self, filters: &Filters) -> Result<PrunedImages> {
        filter::check_names(filters, &["dangling", "label", "label!", "until"])?;
        let only_dangling = filter::boolean(filters, "dangling")?.unwrap_or(true);
        let until = filter::until(filters, self.0.clock.now())?;
        let unused: Vec<_> = self
            .list(&super::ImageQuery::default())?
            .into_iter()
            .filter(|view| view.containers == 0)
            .map(|view| view.record)
            .filter(|record| !only_dangling || record.tags.is_empty())
            .filter(|record| until.is_none_or(|until| record.created <= Some(until)))
            .filter(|record| filter::labels(filters, labels(record)))
            .collect();
        let mut pruned = PrunedImages::default();
        for record in unused {
            let removals = self.remove_unused(&record).await?;
            pruned.bytes += freed(&record, &removals);
            pruned.removals.extend(removals);
        }
        Ok(pruned)
    }

    /// Takes all names from an image, and with the last one the image. Not forced: a container that
    /// was made from it meanwhile keeps it.
    async fn remove_unused(&self, record: &ImageRecord) -> Result<Vec<Removal>> {
        let names = record.tags.iter().chain(&record.digests);
        let mut names: Vec<_> = names.map(Reference::familiar).collect();
        if names.is_empty() {
            names.push(record.id.to_string());
        }
        let mut removals = vec![];
        for name in names {
            match self.remove(&name, RemoveImage::default()).await {
                Ok(removed) => removals.extend(removed),
                Err(Error::Conflict(_) | Error::NoSuchImage(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removals)
    }
}

fn labels(record: &ImageRecord) -> &std::collections::BTreeMap<String, String> {
    static NONE: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    record
        .config
        .as_ref()
        .map_or(&NONE, |config| &config.labels)
}

fn freed(record: &ImageRecord, removals: &[Removal]) -> u64 {
    record
        .layers
        .iter()
        .filter(|layer| removals.contains(&Removal::Deleted(layer.chain_id.to_string())))
        .map(|layer| layer.size)
        .sum()
}
