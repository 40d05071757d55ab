//! `load`

use std::fs::File;
use std::io::Read;

use palan_docker_api::client::Request;

use crate::cli::args::{Arity, Synopsis, Verb, flags};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::Session;
use crate::cli::spec::key_value::reason;
use crate::cli::stream::{Display, copy_raw, show, standard_output};
use crate::cli::terminal;

flags! {
    /// Flags of `load`.
    pub struct LoadFlags {
        input: String, "input", "Read from tar archive file, instead of STDIN", .short('i');
        platform: String, "platform",
            "Load only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \
             \"linux/amd64\")", .since(48);
        quiet: bool, "quiet", "Suppress the load output", .short('q');
    }
}

/// `load`
pub struct Load;

impl Verb for Load {
    type Flags = LoadFlags;

    const SYNOPSIS: Synopsis = Synopsis {
        places: &["image load", "load"],
        ..Synopsis::new(
            "load",
            "[OPTIONS]",
            "Load an image from a tar archive or STDIN",
            Arity::None,
        )
    };

    fn run(session: &Session, flags: LoadFlags, _operands: &[String]) -> Outcome {
        let mut input = open(&flags.input)?;
        let columns = terminal::stdout_is_terminal().then(|| terminal::width().unwrap_or(80));
        let quiet = flags.quiet || columns.is_none();
        let request = Request::post(&["images", "load"])
            .query("quiet", if quiet { "1" } else { "0" })
            .query_some("platform", &platform_json(&flags.platform))
            .stream("application/x-tar", input.as_mut());
        let mut response = session.client()?.call(request)?;
        let is_json = response
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"));
        if !is_json {
            copy_raw(&mut response, &mut standard_output())?;
            return Ok(());
        }
        show(
            response,
            Display {
                output: &mut standard_output(),
                columns,
            },
        )
    }
}

fn open(path: &str) -> Outcome<Box<dyn Read>> {
    if path.is_empty() {
        if terminal::stdin_is_terminal() {
            return Err(Failure::new(
                "requested load from stdin, but stdin is empty",
            ));
        }
        return Ok(Box::new(std::io::stdin().lock()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::new(format!("open {path}: {}", reason(&error)))),
    }
}

/// `linux/arm64/v8` as the API's JSON; empty for an empty text.
pub fn platform_json(text: &str) -> String {
    let mut parts = text.split('/');
    let mut object = serde_json::Map::new();
    for name in ["os", "architecture", "variant"] {
        if let Some(part) = parts.next().filter(|part| !part.is_empty()) {
            object.insert(name.to_owned(), part.into());
        }
    }
    if object.is_empty() {
        return String::new();
    }
    serde_json::Value::Object(object).to_string()
}
