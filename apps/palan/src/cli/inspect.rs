//! `inspect` of every kind of object: the engine's JSON as it is, indented, or through a template.

use palan_docker_api::client::{Client, Request};

use super::args::{Arity, Synopsis, Verb, flags};
use super::failure::{Failure, Outcome};
use super::format::{Document, Template};
use super::session::Session;
use super::system::INSPECT_FORMAT_HELP;

/// Exit code for a template that is none.
const BAD_TEMPLATE: i32 = 64;

flags! {
    /// Flags of `image inspect`, `volume inspect`, `network inspect`.
    pub struct InspectFlags {
        format: String, "format", INSPECT_FORMAT_HELP, .short('f');
    }
}

flags! {
    /// Flags of `container inspect`.
    pub struct InspectContainerFlags {
        format: String, "format", INSPECT_FORMAT_HELP, .short('f');
        size: bool, "size", "Display total file sizes", .short('s');
    }
}

/// A kind of object that can be inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Containers, with or without the sizes of their files.
    Container(Sizes),
    /// Images.
    Image,
    /// Networks.
    Network,
    /// Volumes.
    Volume,
}

/// Whether the sizes of a container's files are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// They are.
    Shown,
    /// They are not.
    Omitted,
}

impl Sizes {
    /// `--size`
    pub fn from_flag(size: bool) -> Self {
        if size { Self::Shown } else { Self::Omitted }
    }
}

impl Kind {
    /// The word of `--type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Container(_) => "container",
            Self::Image => "image",
            Self::Network => "network",
            Self::Volume => "volume",
        }
    }

    /// Asks the engine for one object of this kind.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn fetch(self, client: &Client, name: &str) -> Outcome<Document> {
        let request = match self {
            Self::Container(sizes) => {
                Request::get(&["containers", name, "json"]).query_if("size", sizes == Sizes::Shown)
            }
            Self::Image => Request::get(&["images", name, "json"]),
            Self::Network => Request::get(&["networks", name]),
            Self::Volume => Request::get(&["volumes", name]),
        };
        let bytes = client.call(request)?.bytes()?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}

/// Prints objects.
///
/// # Errors
/// When some do not exist (the others are printed), or the template does not fit.
pub fn print_all(
    session: &Session,
    names: &[String],
    format: &str,
    fetch: impl Fn(&str) -> Outcome<Document>,
) -> Outcome {
    let template = match format {
        "" | "json" => None,
        text => Some(
            Template::parse(text)
                .map_err(|error| Failure::new(error.to_string()).with_code(BAD_TEMPLATE))?,
        ),
    };
    let mut documents = Vec::new();
    let mut lines = String::new();
    let mut failures = Vec::new();
    for name in names {
        match (fetch(name), &template) {
            (Err(failure), _) => failures.push(failure),
            (Ok(document), None) => documents.push(document),
            (Ok(document), Some(template)) => match template.execute(&document) {
                Ok(text) => lines.push_str(&(text + "\n")),
                Err(error) => failures.push(Failure::new(error.to_string())),
            },
        }
    }
    if template.is_none() {
        let list = Document::List(documents.into());
        lines = if format == "json" {
            list.compact()
        } else {
            list.indented()
        };
        lines.push('\n');
    } else if lines.is_empty() {
        lines.push('\n');
    }
    session.print(&lines)?;
    Failure::join(failures)
}

macro_rules! inspect_verb {
    ($Verb:ident, $Flags:ty, $operands:literal, $about:literal, $kind:expr) => {
        #[doc = $about]
        pub struct $Verb;

        impl Verb for $Verb {
            type Flags = $Flags;

            const SYNOPSIS: Synopsis =
                Synopsis::new("inspect", $operands, $about, Arity::AtLeast(1));

            fn run(session: &Session, flags: $Flags, names: &[String]) -> Outcome {
                let kind: fn(&$Flags) -> Kind = $kind;
                let client = session.client()?;
                print_all(session, names, &flags.format, |name| {
                    kind(&flags).fetch(client, name)
                })
            }
        }
    };
}

inspect_verb!(
    InspectContainer,
    InspectContainerFlags,
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Display detailed information on one or more containers",
    |flags| Kind::Container(Sizes::from_flag(flags.size))
);
inspect_verb!(
    InspectImage,
    InspectFlags,
    "[OPTIONS] IMAGE [IMAGE...]",
    "Display detailed information on one or more images",
    |_| Kind::Image
);
inspect_verb!(
    InspectNetwork,
    InspectFlags,
    "[OPTIONS] NETWORK [NETWORK...]",
    "Display detailed information on one or more networks",
    |_| Kind::Network
);
inspect_verb!(
    InspectVolume,
    InspectFlags,
    "[OPTIONS] VOLUME [VOLUME...]",
    "Display detailed information on one or more volumes",
    |_| Kind::Volume
);
