//! Names of images in archives.

use palan_model::Reference;
use palan_model::oci::Descriptor;

/// What containerd and Docker write.
const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// OCI image specification, `annotations.md`: the reference of a target, often only a tag.
const OCI_NAME: &str = "org.opencontainers.image.ref.name";

/// A name with a tag; `latest` when it has none.
pub(super) fn tagged(name: &str) -> Option<Reference> {
    let reference: Reference = name.parse().ok()?;
    let reference = reference.with_default_tag();
    reference.tag()?;
    Some(reference)
}

/// The name of an image in an OCI index. A bare tag names nothing.
pub(super) fn of(descriptor: &Descriptor) -> Option<Reference> {
    let annotation = |key| descriptor.annotations.get(key);
    if let Some(name) = annotation(CONTAINERD_NAME) {
        return tagged(name);
    }
    let name = annotation(OCI_NAME)?;
    if name.contains(['/', ':']) {
        tagged(name)
    } else {
        None
    }
}
