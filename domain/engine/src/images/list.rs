//! Listing images.

use std::sync::Arc;

use palan_model::{ImageRecord, Reference, Timestamp};

use super::Images;
use super::pattern::glob;
use crate::filter::{self, Filters};
use crate::{Error, Result};

const FILTERS: [&str; 7] = [
    "before",
    "dangling",
    "label",
    "label!",
    "reference",
    "since",
    "until",
];

/// Which images to list.
#[derive(Clone, Debug, Default)]
pub struct ImageQuery {
    /// Docker's filters.
    pub filters: Filters,
}

/// An image in a list.
#[derive(Clone, Debug)]
pub struct ImageView {
    /// The image.
    pub record: Arc<ImageRecord>,
    /// Containers made from it.
    pub containers: usize,
}

impl Images {
    /// Images that match, newest first.
    ///
    /// # Errors
    /// Unknown filters or filter values.
    pub fn list(&self, query: &ImageQuery) -> Result<Vec<ImageView>> {
        let filters = &query.filters;
        filter::check_names(filters, &FILTERS)?;
        let dangling = filter::boolean(filters, "dangling")?;
        let until = filter::until(filters, self.0.clock.now())?;
        let before = self.bound(filters, "before")?;
        let since = self.bound(filters, "since")?;
        let users = self.users();
        let mut views: Vec<_> = self
            .index()
            .iter()
            .filter(|record| dangling.is_none_or(|wanted| record.tags.is_empty() == wanted))
            .filter(|record| until.is_none_or(|bound| record.created <= Some(bound)))
            .filter(|record| before.is_none_or(|bound| record.created < bound))
            .filter(|record| since.is_none_or(|bound| record.created > bound))
            .filter(|record| {
                let none = std::collections::BTreeMap::new();
                let labels = record
                    .config
                    .as_ref()
                    .map_or(&none, |config| &config.labels);
                filter::labels(filters, labels)
            })
            .filter_map(|record| with_names(record, filters.get("reference")))
            .map(|record| ImageView {
                record: record.clone(),
                containers: users
                    .values()
                    .filter(|held| held.image == record.id)
                    .count(),
            })
            .collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.record.created));
        Ok(views)
    }

    fn bound(&self, filters: &Filters, name: &str) -> Result<Option<Option<Timestamp>>> {
        let Some(image) = filters.get(name).and_then(|values| values.first()) else {
            return Ok(None);
        };
        match self.find(image) {
            Ok(record) => Ok(Some(record.created)),
            Err(Error::NoSuchImage(image)) => Err(Error::NoSuchImage(image)),
            Err(error) => Err(error),
        }
    }
}

/// The image with only those names that one of the patterns fits; none when no name is left.
fn with_names(
    record: &Arc<ImageRecord>,
    patterns: Option<&Vec<String>>,
) -> Option<Arc<ImageRecord>> {
    let Some(patterns) = patterns else {
        return Some(record.clone());
    };
    let fits = |name: &Reference| patterns.iter().any(|pattern| names(name, pattern));
    let mut fitting = (**record).clone();
    fitting.tags.retain(fits);
    fitting.digests.retain(fits);
    (!fitting.tags.is_empty() || !fitting.digests.is_empty()).then(|| Arc::new(fitting))
}

/// Whether a pattern with `*` and `?` names the reference, with or without its tag.
pub(super) fn names(reference: &Reference, pattern: &str) -> bool {
    let complete = reference.to_string();
    let repository = reference.repository();
    [
        reference.familiar(),
        complete,
        repository.familiar_name(),
        repository.to_string(),
    ]
    .iter()
    .any(|text| glob(pattern, text))
}
