//! `version`

use std::sync::Arc;

use palan_docker_api::ApiVersion;
use palan_docker_api::client::Request;
use palan_docker_api::system::{ComponentVersion, SystemVersion};

use super::INSPECT_FORMAT_HELP;
use crate::cli::args::{Arity, Category, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::format::{Columns, Document, Template, align, ansi_c};
use crate::cli::session::Session;

flags! {
    /// Flags of `version`.
    pub struct VersionFlags {
        format: String, "format", INSPECT_FORMAT_HELP, .short('f');
    }
}

/// `version`
pub struct Version;

const COLUMNS: Columns = Columns {
    minimum: 20,
    padding: 1,
};

impl Verb for Version {
    type Flags = VersionFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        category: Category::Common(10),
        ..Synopsis::new(
            "version",
            "[OPTIONS]",
            "Show the version information of this program and of the engine",
            Arity::None,
        )
    };

    fn run(session: &Session, flags: VersionFlags, _operands: &[String]) -> Outcome {
        let template = match flags.format.as_str() {
            "" => None,
            "json" => Some("{{json .}}"),
            text => Some(text),
        };
        let template = template
            .map(Template::parse)
            .transpose()
            .map_err(|error| Failure::new(error.to_string()).with_code(64))?;
        let server = fetch(session);
        let client = ClientVersion::of(session);
        let text = match (&template, &server) {
            (Some(template), server) => {
                let document = document(&client, server.as_ref().ok());
                template
                    .execute(&document)
                    .map_err(|error| Failure::new(error.to_string()))?
            }
            (None, Ok(server)) => format!("{}\n{}", client.text(), server_text(server)?),
            (None, Err(_)) => client.text(),
        };
        session.print_line(&align(&text, COLUMNS))?;
        server.map(|_| ())
    }
}

/// `--version`
///
/// # Errors
/// When the standard output is closed.
pub fn print_client_version(session: &Session) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    session.print_line(&format!("Palan version {version}, build {}", build()))
}

fn build() -> &'static str {
    option_env!("PALAN_BUILD").unwrap_or("unknown")
}

/// The engine's versions as it tells them, with every component's.
fn fetch(session: &Session) -> Outcome<Document> {
    let bytes = session
        .client()?
        .call(Request::get(&["version"]))?
        .bytes()?;
    Ok(with_readable_dates(serde_json::from_slice(&bytes)?))
}

/// Dates of components in C's format, which Docker shows in every format.
fn with_readable_dates(document: Document) -> Document {
    let rewrite = |key: &str, value: Document| match (key, value) {
        ("BuildTime", Document::Text(text)) => Document::Text(ansi_c(&text).into()),
        (_, value) => value,
    };
    let component = |component: Document| {
        component.map_fields(|key, value| match key {
            "Details" => value.map_fields(rewrite),
            _ => value,
        })
    };
    document.map_fields(|key, value| match (key, value) {
        ("Components", Document::List(list)) => {
            Document::List(list.iter().cloned().map(component).collect())
        }
        (_, value) => value,
    })
}

/// What this program says about itself.
struct ClientVersion {
    api: ApiVersion,
    context: String,
}

impl ClientVersion {
    fn of(session: &Session) -> Self {
        let negotiated = session
            .client()
            .ok()
            .and_then(|client| client.version().ok());
        Self {
            api: negotiated.unwrap_or(ApiVersion::CURRENT),
            context: session.context().as_str().to_owned(),
        }
    }

    fn text(&self) -> String {
        let mut api = self.api.to_string();
        if self.api != ApiVersion::CURRENT {
            api.push_str(&format!(" (downgraded from {})", ApiVersion::CURRENT));
        }
        format!(
            "Client: Palan\n Version:\t{}\n API version:\t{api}\n Git commit:\t{}\n \
             OS/Arch:\t{}/{}\n Context:\t{}\n",
            env!("CARGO_PKG_VERSION"),
            build(),
            std::env::consts::OS,
            architecture(),
            self.context,
        )
    }

    fn document(&self) -> Document {
        object([
            ("Platform", object([("Name", text("Palan"))])),
            ("Version", text(env!("CARGO_PKG_VERSION"))),
            ("ApiVersion", text(&self.api.to_string())),
            ("DefaultAPIVersion", text(&ApiVersion::CURRENT.to_string())),
            ("GitCommit", text(build())),
            ("Os", text(std::env::consts::OS)),
            ("Arch", text(architecture())),
            ("Context", text(&self.context)),
        ])
    }
}

/// The architecture in Go's words, which image documents use.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn document(client: &ClientVersion, server: Option<&Document>) -> Document {
    object([
        ("Client", client.document()),
        ("Server", server.cloned().unwrap_or(Document::Null)),
    ])
}

fn object<const N: usize>(fields: [(&str, Document); N]) -> Document {
    let fields: Vec<(Arc<str>, Document)> = fields
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect();
    Document::Object(fields.into())
}

fn text(text: &str) -> Document {
    Document::Text(text.into())
}

fn server_text(document: &Document) -> Outcome<String> {
    let version: SystemVersion = serde_json::from_str(&document.compact())?;
    let mut lines = String::from("Server:");
    if !version.platform.name.is_empty() {
        lines.push_str(&format!(" {}", version.platform.name));
    }
    lines.push('\n');
    for component in &version.components {
        lines.push_str(&component_text(component));
    }
    Ok(lines)
}

fn component_text(component: &ComponentVersion) -> String {
    let mut lines = format!(" {}:\n  Version:\t{}\n", component.name, component.version);
    if component.name != "Engine" {
        for (key, value) in &component.details {
            lines.push_str(&format!("  {key}:\t{value}\n"));
        }
        return lines;
    }
    let detail = |key: &str| component.details.get(key).map_or("", String::as_str);
    lines.push_str(&format!(
        "  API version:\t{} (minimum version {})\n  Go version:\t{}\n  Git commit:\t{}\n  \
         Built:\t{}\n  OS/Arch:\t{}/{}\n  Experimental:\t{}\n",
        detail("ApiVersion"),
        detail("MinAPIVersion"),
        detail("GoVersion"),
        detail("GitCommit"),
        ansi_c(detail("BuildTime")),
        detail("Os"),
        detail("Arch"),
        detail("Experimental"),
    ));
    lines
}
