//! `rename`

use palan_docker_api::client::Request;

use crate::cli::args::{Arity, NoFlags, Synopsis, Verb};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;

/// `rename`
pub struct Rename;

impl Verb for Rename {
    type Flags = NoFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["container rename", "rename"],
        ..Synopsis::new(
            "rename",
            "CONTAINER NEW_NAME",
            "Rename a container",
            Arity::Exactly(2),
        )
    };

    fn run(session: &Session, _flags: NoFlags, operands: &[String]) -> Outcome {
        let (old, new) = (operands[0].trim(), operands[1].trim());
        if old.is_empty() || new.is_empty() {
            return Err(Failure::new(
                "Error: Neither old nor new names may be empty",
            ));
        }
        let request = Request::post(&["containers", old, "rename"]).query("name", new);
        session.client()?.call(request).map_err(|error| {
            Failure::new(format!(
                "{error}\nError: failed to rename container named {old}"
            ))
        })?;
        Ok(())
    }
}
