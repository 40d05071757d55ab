//! `volume create`

use palan_docker_api::client::Request;
use palan_docker_api::volume::{Volume, VolumeCreateRequest};

use crate::cli::args::{Arity, KeyValues, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::spec::key_value::{Labels, to_map};

flags! {
    /// Flags of `volume create`.
    pub struct CreateFlags {
        driver: String = "local".to_owned(), "driver", "Specify volume driver name",
            .short('d'), .default("\"local\"");
        labels: Labels, "label", "Set metadata for a volume";
        name: String, "name", "Specify volume name", .hidden();
        options: KeyValues, "opt", "Set driver specific options", .short('o'),
            .default("map[]");
    }
}

/// `volume create`
pub struct Create;

impl Verb for Create {
    type Flags = CreateFlags;

    const SYNOPSIS: Synopsis = Synopsis::new(
        "create",
        "[OPTIONS] [VOLUME]",
        "Create a volume",
        Arity::AtMost(1),
    );

    fn run(session: &Session, flags: CreateFlags, operands: &[String]) -> Outcome {
        if !operands.is_empty() && !flags.name.is_empty() {
            return Err(Failure::new(
                "conflicting options: cannot specify a volume-name through both --name and as a \
                 positional arg",
            ));
        }
        let request = VolumeCreateRequest {
            driver: flags.driver,
            driver_opts: flags.options.0,
            labels: (!flags.labels.0.is_empty()).then(|| to_map(&flags.labels.0)),
            name: operands.first().cloned().unwrap_or(flags.name),
        };
        let call = Request::post(&["volumes", "create"]).json(&request);
        let volume: Volume = session.client()?.call(call)?.json()?;
        session.print_line(&volume.name)
    }
}
