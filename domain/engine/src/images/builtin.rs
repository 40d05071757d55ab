//! Images that the program carries: they can be pulled without any registry.

use palan_contracts::ByteReader;
use palan_model::Reference;

use super::{ImageProgressSink, Images};
use crate::{Error, Result};

/// An image inside the program.
#[derive(Clone, Debug)]
pub struct BuiltinImage {
    /// Its name, with a tag.
    pub name: Reference,
    /// An archive that holds it under that name.
    pub archive: &'static [u8],
}

impl Images {
    pub(super) fn builtin(&self, reference: &Reference) -> Option<BuiltinImage> {
        self.0
            .builtin
            .iter()
            .find(|image| image.name == *reference)
            .cloned()
    }

    /// Takes a built-in image into the store, as if it had been pulled.
    pub(super) async fn pull_builtin(
        &self,
        image: BuiltinImage,
        progress: ImageProgressSink,
    ) -> Result<()> {
        let familiar = image.name.familiar();
        let known = self.find(&familiar).ok();
        let archive: ByteReader = Box::new(image.archive);
        self.load(archive, progress.clone()).await?;
        let record = self.find(&familiar).map_err(|_| {
            Error::InvalidParameter(format!("the built-in archive does not hold {familiar}"))
        })?;
        self.event("pull", &familiar, &image.name.familiar_name());
        let status = match known {
            Some(known) if known.id == record.id => "Image is up to date for",
            _ => "Took from this program the built-in image",
        };
        super::say(&progress, None, format!("Status: {status} {familiar}"));
        Ok(())
    }
}
