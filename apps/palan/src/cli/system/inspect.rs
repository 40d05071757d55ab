//! `inspect` of a name of any kind: containers first, then images, networks, volumes.

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::Document;
use crate::cli::inspect::{Kind, Sizes, print_all};
use crate::cli::session::Session;

use super::INSPECT_FORMAT_HELP;

flags! {
    /// Flags of `inspect`.
    pub struct InspectAnyFlags {
        format: String, "format", INSPECT_FORMAT_HELP, .short('f');
        size: bool, "size", "Display total file sizes if the type is container", .short('s');
        kind: Option<String>, "type", "Only inspect objects of the given type";
    }
}

/// `inspect`
pub struct Inspect;

/// Kinds that exist in Docker.
const TYPES: [&str; 10] = [
    "config",
    "container",
    "image",
    "network",
    "node",
    "plugin",
    "secret",
    "service",
    "task",
    "volume",
];

impl Verb for Inspect {
    type Flags = InspectAnyFlags;

    const SYNOPSIS: Synopsis = Synopsis::new(
        "inspect",
        "[OPTIONS] NAME|ID [NAME|ID...]",
        "Return low-level information on Docker objects",
        Arity::AtLeast(1),
    );

    fn run(session: &Session, flags: InspectAnyFlags, names: &[String]) -> Outcome {
        check_type(flags.kind.as_deref())?;
        let wanted = flags.kind.as_deref();
        print_all(session, names, &flags.format, |name| {
            find(session, name, wanted, Sizes::from_flag(flags.size))
        })
    }
}

fn check_type(wanted: Option<&str>) -> Outcome {
    let all = TYPES.join("\", \"");
    match wanted {
        Some("") => Err(Failure::new(format!(
            "type is empty: must be one of \"{all}\""
        ))),
        Some(word) if !TYPES.contains(&word) => Err(Failure::new(format!(
            "unknown type: {word:?}: must be one of \"{all}\""
        ))),
        _ => Ok(()),
    }
}

fn find(session: &Session, name: &str, wanted: Option<&str>, sizes: Sizes) -> Outcome<Document> {
    let client = session.client()?;
    let kinds = [
        Kind::Container(sizes),
        Kind::Image,
        Kind::Network,
        Kind::Volume,
    ];
    for kind in kinds {
        if wanted.is_some_and(|word| word != kind.word()) {
            continue;
        }
        match kind.fetch(client, name) {
            Err(failure) if wanted.is_none() && is_other_kind(&failure) => {}
            Ok(document) => {
                if sizes == Sizes::Shown && kind != Kind::Container(sizes) {
                    session.remark(&format!("WARNING: --size ignored for {}", kind.word()));
                }
                return Ok(document);
            }
            outcome => return outcome,
        }
    }
    Err(Failure::new(format!("Error: No such object: {name}")))
}

fn is_other_kind(failure: &Failure) -> bool {
    failure.not_found
        || failure.text.contains("not supported")
        || failure.text.contains("invalid reference format")
}
