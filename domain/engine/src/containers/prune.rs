//! Removing all stopped containers.

use super::{Containers, RemoveOptions, is_removable};
use crate::filter::{self, Filters};
use crate::volumes::Pruned;
use crate::{Error, Result};

impl Containers {
    /// Removes all containers that do not run.
    ///
    /// # Errors
    /// Unknown filters, or the first removal that failed.
    pub async fn prune(&self, filters: &Filters) -> Result<Pruned> {
        filter::check_names(filters, &["label", "label!", "until"])?;
        let until = filter::until(filters, self.shared().drivers.clock.now())?;
        let stopped: Vec<_> = self
            .shared()
            .index()
            .handles()
            .map(super::Handle::record)
            .filter(|record| is_removable(record.state.phase))
            .filter(|record| until.is_none_or(|until| record.created <= until))
            .filter(|record| filter::labels(filters, &record.config.labels))
            .collect();
        let mut pruned = Pruned::default();
        for record in stopped {
            let bytes = self.shared().drivers.snapshots.usage(&record.id).await?;
            match self
                .remove(record.id.as_str(), RemoveOptions::default())
                .await
            {
                Ok(()) => {
                    pruned.names.push(record.id.to_string());
                    pruned.bytes += bytes;
                }
                // Started or removed meanwhile.
                Err(Error::Conflict(_) | Error::NoSuchContainer(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(pruned)
    }
}
