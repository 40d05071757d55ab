//! `tag`

use palan_docker_api::client::Request;
use palan_model::Reference;

use crate::cli::args::{Arity, NoFlags, Synopsis, Verb};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

/// `tag`
pub struct Tag;

impl Verb for Tag {
    type Flags = NoFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["image tag", "tag"],
        ..Synopsis::new(
            "tag",
            "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
            "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
            Arity::Exactly(2),
        )
    };

    fn run(session: &Session, _flags: NoFlags, operands: &[String]) -> Outcome {
        let (source, target) = (operands[0].as_str(), operands[1].as_str());
        let invalid = |error| {
            Failure::new(format!(
                "Error parsing reference: {target:?} is not a valid repository/tag: {error}"
            ))
        };
        let target: Reference = target.parse().map_err(invalid)?;
        if target.digest().is_some() {
            return Err(Failure::new(
                "refusing to create a tag with a digest reference",
            ));
        }
        let target = target.with_default_tag();
        let request = Request::post(&["images", source, "tag"])
            .query("repo", &target.familiar_name())
            .query("tag", target.tag().unwrap_or_default());
        session.client()?.call(request)?;
        Ok(())
    }
}
