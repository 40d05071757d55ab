//! `POST /images/create`: pulls an image, or imports one from the body (`fromSrc=-`).

use palan_docker_api::progress::ProgressMessage;
use palan_engine::images::ImportSpec;
use palan_model::Reference;
use palan_model::platform::Platform;

use super::{progress, tag};
use crate::failure::Failure;
use crate::request::{Call, reader};
use crate::response::Answer;
use crate::views::ProgressFormat;

pub(in crate::routes) async fn call(call: Call) -> Result<Answer, Failure> {
    let platform = call
        .query
        .text("platform")
        .map(parse_platform)
        .transpose()?;
    match call.query.text("fromImage") {
        Some(name) => {
            let reference = pull_reference(name, call.query.text("tag").unwrap_or_default())?;
            pull(call, reference, platform).await
        }
        None => import(call, platform).await,
    }
}

async fn pull(
    call: Call,
    reference: Reference,
    platform: Option<Platform>,
) -> Result<Answer, Failure> {
    let (sink, lines) = progress::channel(ProgressFormat::Pull);
    let images = call.engine.images;
    let operation = async move {
        images.pull(reference, platform, sink).await?;
        Ok(Vec::new())
    };
    progress::answer(operation, lines).await
}

/// The tag may be a digest. Without one, the default tag is meant: to pull all tags of a repository
/// is not offered.
fn pull_reference(name: &str, tag: &str) -> Result<Reference, Failure> {
    let text = match tag {
        "" => name.to_owned(),
        digest if digest.contains(':') => format!("{name}@{digest}"),
        tag => format!("{name}:{tag}"),
    };
    let reference: Reference =
        text.parse()
            .map_err(|error: palan_model::reference::InvalidReference| {
                Failure::bad_request(error.to_string())
            })?;
    Ok(reference.with_default_tag())
}

async fn import(call: Call, platform: Option<Platform>) -> Result<Answer, Failure> {
    if call.query.text("fromSrc") != Some("-") {
        return Err(Failure::not_available("importing from a URL is"));
    }
    let repository = call.query.text("repo").unwrap_or_default();
    let reference = match repository {
        "" => None,
        repository => Some(tag::reference(
            repository,
            call.query.text("tag").unwrap_or_default(),
        )?),
    };
    let spec = ImportSpec {
        reference,
        message: call.query.text("message").unwrap_or_default().to_owned(),
        changes: call.query.all("changes").map(str::to_owned).collect(),
        platform: platform.unwrap_or_else(Platform::host),
    };
    let (_, lines) = progress::channel(ProgressFormat::Pull);
    let images = call.engine.images;
    let archive = reader(call.body);
    let operation = async move {
        let id = images.import(archive, spec).await?;
        Ok(vec![ProgressMessage::status(id.to_string())])
    };
    progress::answer(progress::to_the_end(&call.tasks, operation), lines).await
}

/// `linux/arm64` or `linux/arm/v7`.
fn parse_platform(text: &str) -> Result<Platform, Failure> {
    let parts: Vec<_> = text.split('/').collect();
    let (os, architecture, variant) = match parts[..] {
        [os, architecture] => (os, architecture, None),
        [os, architecture, variant] => (os, architecture, Some(variant.to_owned())),
        _ => ("", "", None),
    };
    if os.is_empty() || architecture.is_empty() {
        return Err(Failure::bad_request(format!(
            "{text:?} is an invalid platform: it must be os/architecture[/variant]"
        )));
    }
    Ok(Platform {
        os: os.to_owned(),
        architecture: architecture.to_owned(),
        variant,
    })
}
