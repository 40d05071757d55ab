//! From a reference to an image for a platform: fetches documents and verifies each.

use bytes::Bytes;
use palan_contracts::ResolvedImage;
use palan_model::oci::{Descriptor, Manifest};
use palan_model::platform::Platform;
use palan_model::{Digest, Reference};
use sha2::{Digest as _, Sha256};

use crate::documents::{self, Document, candidates};
use crate::error::RegistryError;
use crate::failure::Subject;
use crate::session::{Query, Sessions};

/// Largest manifest or index (distribution specification, "Pushing Manifests").
const MAX_DOCUMENT: usize = 4 << 20;
/// Most documents fetched for one image: bounds indexes of indexes, also those that go in circles.
const MAX_DOCUMENTS: usize = 8;

/// A document with its digest.
struct Verified {
    digest: Digest,
    bytes: Bytes,
    document: Document,
}

/// Finds an image for a platform.
pub(crate) async fn resolve(
    sessions: &Sessions,
    reference: &Reference,
    platform: &Platform,
) -> Result<ResolvedImage, RegistryError> {
    let reference = reference.clone().with_default_tag();
    let top = fetch(sessions, &reference, None).await?;
    match top.document {
        Document::Manifest(manifest) => {
            let digest = top.digest.clone();
            Ok(image(top.digest, None, digest, top.bytes, manifest))
        }
        Document::Index(entries) => {
            let (digest, bytes, manifest) =
                descend(sessions, &reference, entries, platform).await?;
            Ok(image(top.digest, Some(top.bytes), digest, bytes, manifest))
        }
    }
}

/// Looks through an index and the indexes in it, best entries first.
async fn descend(
    sessions: &Sessions,
    reference: &Reference,
    entries: Vec<Descriptor>,
    platform: &Platform,
) -> Result<(Digest, Bytes, Manifest), RegistryError> {
    let best_last = |entries: &[Descriptor]| -> Vec<Descriptor> {
        candidates(entries, platform)
            .into_iter()
            .rev()
            .cloned()
            .collect()
    };
    let mut waiting = best_last(&entries);
    for _ in 0..MAX_DOCUMENTS {
        let Some(entry) = waiting.pop() else {
            break;
        };
        let found = fetch(sessions, reference, Some(&entry)).await?;
        match found.document {
            Document::Manifest(manifest) => return Ok((found.digest, found.bytes, manifest)),
            Document::Index(entries) => waiting.extend(best_last(&entries)),
        }
    }
    Err(RegistryError::NoPlatform(text(platform)))
}

fn image(
    digest: Digest,
    index: Option<Bytes>,
    manifest_digest: Digest,
    bytes: Bytes,
    manifest: Manifest,
) -> ResolvedImage {
    ResolvedImage {
        digest,
        index,
        manifest_digest,
        manifest: bytes,
        config: manifest.config,
        layers: manifest.layers,
    }
}

/// `linux/arm64/v8`.
fn text(platform: &Platform) -> String {
    let variant = platform.variant.as_deref().map(|v| format!("/{v}"));
    let variant = variant.unwrap_or_default();
    format!("{}/{}{variant}", platform.os, platform.architecture)
}

/// Fetches what the reference names, or an entry of an index, and verifies it.
async fn fetch(
    sessions: &Sessions,
    reference: &Reference,
    entry: Option<&Descriptor>,
) -> Result<Verified, RegistryError> {
    let too_large = || RegistryError::TooLarge {
        what: "manifest",
        reference: reference.familiar(),
        limit: MAX_DOCUMENT as u64,
    };
    if entry.is_some_and(|entry| entry.size > MAX_DOCUMENT as u64) {
        return Err(too_large());
    }
    let digest = entry.map(|entry| &entry.digest).or(reference.digest());
    let name = digest
        .map(Digest::as_str)
        .or(reference.tag())
        .unwrap_or_default();
    let query = Query {
        reference,
        path: format!("manifests/{name}"),
        accept: documents::ACCEPT,
        offset: 0,
        subject: Subject::Manifest(reference),
    };
    let mut answer = sessions.get(&query).await?;
    let bytes = answer.read(MAX_DOCUMENT).await?.ok_or_else(too_large)?;
    let actual = Digest::from_sha256(&Sha256::digest(&bytes).into());
    let promised = answer
        .header("docker-content-digest")
        .parse::<Digest>()
        .ok();
    for expected in digest.into_iter().chain(&promised) {
        if *expected != actual {
            return Err(RegistryError::WrongDigest {
                expected: expected.clone(),
                actual,
            });
        }
    }
    let document = documents::parse(reference, answer.header("content-type"), &bytes)?;
    Ok(Verified {
        digest: actual,
        bytes,
        document,
    })
}
