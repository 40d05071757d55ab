//! `POST /images/{name}/tag`.

use http::StatusCode;
use palan_model::Reference;
use palan_model::reference::InvalidReference;

use crate::failure::Failure;
use crate::request::Call;
use crate::response::{Answer, empty};

pub(in crate::routes) async fn call(call: &Call) -> Result<Answer, Failure> {
    let reference = reference(
        call.query.text("repo").unwrap_or_default(),
        call.query.text("tag").unwrap_or_default(),
    )?;
    call.engine.images.tag(&call.name, reference).await?;
    Ok(empty(StatusCode::CREATED).into())
}

/// A repository with a tag; `latest` when the tag is empty.
pub(super) fn reference(repository: &str, tag: &str) -> Result<Reference, Failure> {
    let refuse = |error: InvalidReference| Failure::bad_request(error.to_string());
    let reference: Reference = repository.parse().map_err(refuse)?;
    if reference.digest().is_some() {
        return Err(Failure::bad_request(
            "refusing to create a tag with a digest reference",
        ));
    }
    if tag.is_empty() {
        return Ok(reference.with_default_tag());
    }
    reference.with_tag(tag).map_err(refuse)
}
