//! The pure parts: finding by name, patterns, which names go together.

#![allow(clippy::unwrap_used)]

mod index;
mod pattern;
mod remove;

use palan_model::{Digest, ImageId, ImageRecord, Reference};

/// A digest whose first digits are given.
fn digest(hex: &str) -> Digest {
    format!("sha256:{hex:0<64}").parse().unwrap()
}

/// An image with an identifier that begins like this, and names.
fn image(hex: &str, names: &[&str]) -> ImageRecord {
    let names: Vec<Reference> = names.iter().map(|name| name.parse().unwrap()).collect();
    let (digests, tags) = names.into_iter().partition(|name| name.digest().is_some());
    ImageRecord {
        id: ImageId(digest(hex)),
        manifest: None,
        tags,
        digests,
        created: None,
        last_tagged: None,
        author: String::new(),
        comment: String::new(),
        architecture: String::new(),
        variant: String::new(),
        os: String::new(),
        config: None,
        layers: vec![],
        history: vec![],
    }
}
