//! How an image was made, newest step first.

use palan_model::Timestamp;

use super::Images;
use crate::Result;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HistoryLine {
    /// The image's identifier for the newest step, `<missing>` for the others.
    pub id: String,
    pub created: Option<Timestamp>,
    pub created_by: String,
    pub tags: Vec<String>,
    /// Bytes that the step added.
    pub size: u64,
    pub comment: String,
}

impl Images {
    /// The steps that made the image, newest first.
    ///
    /// # Errors
    /// When there is no such image.
    pub fn history(&self, name: &str) -> Result<Vec<HistoryLine>> {
        let record = self.find(name)?;
        let mut sizes = record.layers.iter().map(|layer| layer.size);
        let mut lines: Vec<_> = record
            .history
            .iter()
            .map(|entry| HistoryLine {
                id: "<missing>".to_owned(),
                created: entry.created,
                created_by: entry.created_by.clone(),
                tags: vec![],
                size: if entry.empty_layer {
                    0
                } else {
                    sizes.next().unwrap_or(0)
                },
                comment: entry.comment.clone(),
            })
            .collect();
        lines.reverse();
        if let Some(newest) = lines.first_mut() {
            newest.id = record.id.to_string();
            newest.tags = record
                .tags
                .iter()
                .map(palan_model::Reference::familiar)
                .collect();
        }
        Ok(lines)
    }
}
