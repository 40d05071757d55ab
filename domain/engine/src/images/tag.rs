//! Giving an image another name.

use palan_model::Reference;

use super::Images;
use crate::Result;

impl Images {
    /// Names the image; the name leaves the image that had it.
    ///
    /// # Errors
    /// When there is no such image.
    pub async fn tag(&self, name: &str, reference: Reference) -> Result<()> {
        let _writer = self.0.writer.lock().await;
        let record = self.find(name)?;
        let reference = reference.with_default_tag();
        let id = record.id.to_string();
        let familiar = reference.familiar();
        self.name((*record).clone(), vec![reference]).await?;
        self.event("tag", &id, &familiar);
        Ok(())
    }
}
